import { Link } from "@tanstack/react-router";
import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { Badge } from "@/shared/ui/Badge";
import type { Column } from "@/shared/ui/DataTable";
import { statusTone } from "@/shared/ui/statusTone";
import { weightTexts } from "@/shared/weights/texts";
import { chargedText } from "@/shared/weights/words";
import { hasReport, NO_MODEL } from "./chart";
import { changed, type Group, type ReportsSearch, type RequestFilters } from "./search";
import type { useReportsTexts } from "./texts";

type Row = Model<"UsageRow">;
type Texts = ReturnType<typeof useReportsTexts>;

/**
 * Columns of sums; `whole` is the report's tokens, null while nobody knows them; `filters` are the
 * report's.
 */
export function groupColumns(
  group: Exclude<Group, "none">,
  t: Texts,
  format: Format,
  whole: number | null,
  filters: RequestFilters,
): Column<Row>[] {
  return [
    nameColumn(group, t, format, filters),
    figure("requests", t("requests"), (row) => format.integer(row.requests), { from: "sm" }),
    {
      key: "errors",
      header: t("errors"),
      sort: "errors",
      align: "right",
      from: "md",
      cell: (row) => <Errors row={row} format={format} />,
    },
    figure("prompt", t("prompt"), (row) => format.integer(row.promptTokens), { from: "xl" }),
    figure("completion", t("completion"), (row) => format.integer(row.completionTokens), {
      from: "xl",
    }),
    figure("tokens", t("tokens"), (row) => format.integer(row.tokens), { strong: true }),
    figure(
      "share",
      t("share"),
      (row) => (whole ? format.percent((100 * row.tokens) / whole) : "—"),
      { from: "lg" },
    ),
    figure(
      "cost",
      t("cost"),
      (row) => format.costColumn(row.costMicros, row.unpricedRequests, row.localCost),
      {
        title: (row) => format.costTitle(row.costMicros, row.unpricedRequests, row.localCost),
      },
    ),
    ...systemColumns(group, t, format),
  ];
}

/** What is counted of models and days alone, and of all people together. */
function systemColumns(group: Exclude<Group, "none">, t: Texts, format: Format): Column<Row>[] {
  const firstByte = figure(
    "firstByte",
    t("firstByteP95"),
    (row) => (row.firstByteP95Ms == null ? "—" : format.milliseconds(row.firstByteP95Ms)),
    { from: "xl" },
  );
  const refused = figure(
    "refusals",
    t("refused"),
    (row) => (row.refusals == null ? "—" : format.integer(row.refusals)),
    { from: "lg" },
  );
  if (group !== "model" && group !== "day") return [];
  return group === "day" ? [refused, firstByte] : [firstByte];
}

const SORTED = new Set(["requests", "tokens", "cost"]);

function figure(
  key: string,
  header: string,
  text: (row: Row) => string,
  {
    from,
    strong = false,
    title,
  }: {
    from?: "sm" | "md" | "lg" | "xl";
    strong?: boolean;
    title?: (row: Row) => string | undefined;
  },
): Column<Row> {
  return {
    key,
    header,
    align: "right",
    ...(SORTED.has(key) ? { sort: key } : {}),
    ...(from ? { from } : {}),
    cell: (row) => (
      <span
        title={title?.(row)}
        className={strong ? "whitespace-nowrap font-medium" : "whitespace-nowrap text-ink-soft"}
      >
        {text(row)}
      </span>
    ),
  };
}

function nameColumn(
  group: Exclude<Group, "none">,
  t: Texts,
  format: Format,
  filters: RequestFilters,
): Column<Row> {
  if (group === "user") {
    return {
      key: "user",
      header: t("user"),
      className: "max-w-28 sm:max-w-72",
      cell: (row) => <Person row={row} t={t} />,
    };
  }
  return {
    key: group,
    header: t(group),
    sort: "key",
    className: "max-w-28 sm:max-w-72",
    cell: (row) => {
      if (group === "model" && !hasReport(row.key, filters)) {
        return <span className="block truncate font-medium">{modelText(row.key, t)}</span>;
      }
      return (
        <Link
          from="/reports"
          to="/reports"
          search={(before: ReportsSearch) =>
            changed(before, {
              group: "user",
              ...behindRow(group, row.key),
            })
          }
          className="block truncate rounded font-medium hover:underline"
        >
          {rowText(group, row, t, format)}
        </Link>
      );
    },
  };
}

/** The report of what a row sums up. */
function behindRow(group: Exclude<Group, "none" | "user">, key: string): Partial<ReportsSearch> {
  switch (group) {
    case "day":
      return { range: "own", from: key, to: key };
    case "group":
      return { groups: [key] };
    case "key":
      return { keys: [key] };
    case "model":
      return { models: [key] };
  }
}

function rowText(
  group: Exclude<Group, "none" | "user">,
  row: Row,
  t: Texts,
  format: Format,
): string {
  switch (group) {
    case "day":
      return format.date(row.key);
    case "group":
      return row.groupId ? (row.groupName ?? row.groupId) : t("noGroup");
    case "key":
      return row.keyId ? (row.keyName ?? row.keyId) : t("noKey");
    case "model":
      return modelText(row.key, t);
  }
}

function modelText(model: string | null | undefined, t: Texts): string {
  return !model || model === NO_MODEL ? t("noModel") : model;
}

function Person({ row, t }: { row: Row; t: Texts }) {
  if (!row.userId || (!row.name && !row.email)) {
    return <span className="text-ink-soft">{t("deleted")}</span>;
  }
  return (
    <Link
      to="/users/$userId"
      params={{ userId: row.userId }}
      className="group block min-w-0 rounded"
    >
      <span className="block truncate font-medium text-ink group-hover:underline">
        {row.name || row.email}
      </span>
      {row.name ? (
        <span className="block truncate text-[0.8125rem] text-ink-soft">{row.email}</span>
      ) : null}
    </Link>
  );
}

function Errors({ row, format }: { row: Row; format: Format }) {
  if (row.errors === 0) return <span className="text-ink-faint">0</span>;
  return (
    <span className="whitespace-nowrap">
      {format.integer(row.errors)}
      <span className="ml-1.5 text-ink-soft text-xs">
        {format.percent((100 * row.errors) / Math.max(1, row.requests))}
      </span>
    </span>
  );
}

/** Columns of single requests; they come by time alone. */
export function requestColumns(t: Texts, format: Format): Column<Row>[] {
  return [
    {
      key: "when",
      header: t("when"),
      sort: "key",
      className: "whitespace-nowrap",
      cell: (row) =>
        row.createdAt ? (
          <time dateTime={row.createdAt} title={row.key}>
            {format.shortDate(row.createdAt)}{" "}
            <span className="tabular text-ink-soft">{format.time(row.createdAt)}</span>
            {/* A phone has no column for it. */}
            <span className="block max-w-32 truncate text-ink-soft text-xs sm:hidden">
              {row.name || row.email || t("deleted")}
            </span>
          </time>
        ) : (
          "—"
        ),
    },
    {
      key: "user",
      header: t("user"),
      from: "sm",
      className: "max-w-44",
      cell: (row) => <Person row={row} t={t} />,
    },
    {
      key: "model",
      header: t("model"),
      from: "md",
      className: "max-w-44",
      cell: (row) => (
        <span className={row.model === NO_MODEL ? "text-ink-faint" : undefined}>
          <span className="block truncate">{modelText(row.model, t)}</span>
          <span className="block truncate text-ink-soft text-xs">{row.endpoint}</span>
        </span>
      ),
    },
    {
      key: "status",
      header: t("status"),
      cell: (row) => <StatusBadge row={row} t={t} />,
    },
    {
      key: "duration",
      header: t("duration"),
      align: "right",
      from: "lg",
      cell: (row) => (
        <span className="whitespace-nowrap text-ink-soft">
          {row.responseTimeMs == null ? "—" : format.milliseconds(row.responseTimeMs)}
          {row.firstByteMs == null ? null : (
            <span className="block text-xs">
              {t("firstAfter", { time: format.milliseconds(row.firstByteMs) })}
            </span>
          )}
        </span>
      ),
    },
    {
      key: "tokens",
      header: t("tokens"),
      align: "right",
      cell: (row) => (
        <span className="whitespace-nowrap font-medium" title={weighed(row, format)}>
          {format.integer(row.tokens)}
          {row.weight ? (
            <span className="block font-normal text-ink-soft text-xs">
              {weightTexts("ofTokens", { total: format.integer(totalOf(row)) })}
            </span>
          ) : null}
          {row.estimated ? (
            <span className="block font-normal text-ink-soft text-xs" title={t("estimatedHelp")}>
              {t("estimated")}
            </span>
          ) : null}
        </span>
      ),
    },
    figure("money", t("cost"), (row) => format.costColumn(row.costMicros, 0, row.localCost), {
      from: "sm",
      title: (row) => format.costTitle(row.costMicros, 0, row.localCost),
    }),
  ];
}

function totalOf(row: Row): number {
  return row.promptTokens + row.completionTokens;
}

/** What was used and by what weight it was charged, where each token did not count once. */
function weighed(row: Row, format: Format): string | undefined {
  if (!row.weight) return undefined;
  const { tokens: charged, weight } = row;
  const text = chargedText({ total: totalOf(row), charged, weight }, weightTexts, format);
  return row.heldWeight ? `${text}; ${weightTexts("otherAnswered")}` : text;
}

function StatusBadge({ row, t }: { row: Row; t: Texts }) {
  const status = row.statusCode ?? 0;
  return (
    <span title={row.errorMessage ?? undefined}>
      <Badge tone={statusTone(status)} dot>
        {status === 0 ? t("interrupted") : status}
      </Badge>
    </span>
  );
}

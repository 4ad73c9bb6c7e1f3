import { MoveRight } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { useTermWords } from "@/shared/grants/terms";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { PLANS } from "../search";
import { useUsersTexts } from "../texts";
import { useImportTexts } from "./texts";

type Line = Model<"ImportLineOut">;
type Change = Line["changes"][number];

export const ACTIONS = ["create", "update", "unchanged", "error"] as const;
export const ACTION_TONE: Record<Model<"ImportAction">, Tone> = {
  create: "ok",
  update: "info",
  unchanged: "neutral",
  error: "danger",
};
const FIELDS = [
  "name",
  "status",
  "plan",
  "monthlyLimit",
  "group",
  "additionalAmount",
  "additionalKind",
] as const;
const KINDS = ["this_month", "until", "until_used", "every_month"] as const;

/** More than these in a page would make it slow; errors are told apart by the filter. */
const SHOWN_LINES = 500;

/** Lines of a file and what becomes of each; scrolls in itself. */
export function Lines({ lines: all }: { lines: readonly Line[] }) {
  const t = useImportTexts();
  const lines = all.slice(0, SHOWN_LINES);
  const columns: Column<Line>[] = [
    {
      key: "line",
      header: t("line"),
      className: "tabular w-14 text-ink-soft",
      cell: (line) => line.line,
    },
    {
      key: "email",
      header: t("email"),
      className: "max-w-28 sm:max-w-56",
      cell: (line) => (
        <div className="min-w-0">
          <p className="truncate" title={line.email}>
            {line.email || "—"}
          </p>
          {line.problem ? (
            <p className="text-danger text-xs">{line.problem.message}</p>
          ) : (
            <div className="sm:hidden">
              <Changes changes={line.changes} />
            </div>
          )}
        </div>
      ),
    },
    {
      key: "action",
      header: t("action"),
      cell: (line) => <Badge tone={ACTION_TONE[line.action]}>{t(line.action)}</Badge>,
    },
    {
      key: "changes",
      header: t("changes"),
      from: "sm",
      cell: (line) => <Changes changes={line.changes} />,
    },
  ];
  return (
    <section
      aria-label={t("changes")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by the keyboard
      tabIndex={0}
      className="max-h-[40dvh] overflow-y-auto rounded-xl border border-line"
    >
      <DataTable<Line>
        label={t("title")}
        columns={columns}
        rows={lines}
        rowKey={(line) => String(line.line)}
        empty={<p className="px-5 py-8 text-center text-ink-soft">{t("emptyFilter")}</p>}
      />
    </section>
  );
}

function Changes({ changes }: { changes: readonly Change[] }) {
  const t = useImportTexts();
  const names = useUsersTexts();
  const format = useFormat();
  const plan = (value: string) => {
    const known = PLANS.find((one) => one === value);
    return known ? names(`plan_${known}`) : value;
  };
  const term = useTermWords();
  const until = changes.find((one) => one.field === "until")?.after;
  const value = (shown: string | number, field: string) => {
    const kind = KINDS.find((one) => one === shown);
    if (field === "additionalKind" && kind) return term({ kind, until: String(until ?? "") });
    return shownValue(shown, field, format, plan);
  };
  const shown = changes.filter(
    // A new user is active without saying so; the last day is told with its kind.
    ({ field, before }) => (field !== "status" || before !== null) && field !== "until",
  );
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-0.5 text-ink-soft text-xs">
      {shown.map((one) => {
        const field = FIELDS.find((known) => known === one.field);
        return (
          <li key={one.field} className="inline-flex items-center gap-1">
            <span className="text-ink-faint">{field ? t(`field_${field}`) : one.field}</span>
            {one.before === null ? null : (
              <>
                {value(one.before, one.field)}
                <MoveRight className="size-3 text-ink-faint" aria-label="→" />
              </>
            )}
            <span className="text-ink">{value(one.after, one.field)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function shownValue(
  value: string | number,
  field: string,
  format: Format,
  plan: (value: string) => string,
): string {
  if (typeof value === "number") return format.integer(value);
  if (value === "") return "—";
  return field === "plan" ? plan(value) : value;
}

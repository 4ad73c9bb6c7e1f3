import { MessagesSquare } from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { ListCard } from "@/shared/lists/ListCard";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { CardHeader } from "@/shared/ui/Card";
import type { Column } from "@/shared/ui/DataTable";
import { Empty } from "@/shared/ui/states";
import { statusTone } from "@/shared/ui/statusTone";
import { Segments } from "@/shared/ui/Tabs";
import { weightTexts } from "@/shared/weights/texts";
import { useRequests } from "../userData";
import { type UserTexts, useUserTexts } from "../userTexts";
import { RequestDialog } from "./RequestDialog";

type Row = Model<"TokenUsage">;

/** What a user asked for lately, newest first. */
export function RequestsTab({
  userId,
  onlyFailed,
  onFilter,
}: {
  userId: string;
  onlyFailed: boolean;
  onFilter: (onlyFailed: boolean) => void;
}) {
  const t = useUserTexts();
  const format = useFormat();
  const requests = useRequests(userId, onlyFailed);
  const [shown, setShown] = useState<Row | null>(null);
  return (
    <>
      <ListCard<Row>
        label={t("requests")}
        head={
          <CardHeader
            title={t("requests")}
            actions={
              <Segments
                label={t("requestsShow")}
                value={onlyFailed ? "failed" : "all"}
                onChange={(value) => onFilter(value === "failed")}
                options={[
                  { value: "all", label: t("requestsAll") },
                  { value: "failed", label: t("requestsFailed") },
                ]}
              />
            }
          />
        }
        query={requests}
        table={{
          columns: requestColumns(t, format, setShown),
          rowKey: (row) => row.id,
          placeholderRows: 10,
        }}
        empty={
          <Empty
            icon={<MessagesSquare />}
            title={t(onlyFailed ? "requestsNoFailed" : "requestsEmpty")}
          >
            {onlyFailed ? null : t("requestsEmptyText")}
          </Empty>
        }
      />
      <RequestDialog request={shown} onClose={() => setShown(null)} />
    </>
  );
}

function requestColumns(t: UserTexts, format: Format, onShow: (row: Row) => void): Column<Row>[] {
  return [
    {
      key: "when",
      header: t("when"),
      cell: (row) => (
        <>
          <button
            type="button"
            className="tabular whitespace-nowrap rounded text-left font-medium hover:underline"
            title={format.ago(row.createdAt)}
            aria-label={`${t("details")}: ${format.dateTime(row.createdAt)}`}
            onClick={() => onShow(row)}
          >
            {format.shortDate(row.createdAt)}, {format.time(row.createdAt)}
          </button>
          {/* A phone has no column for it. */}
          <span className="mt-1 block sm:hidden">
            <Status row={row} t={t} />
          </span>
        </>
      ),
    },
    {
      key: "model",
      header: t("model"),
      className: "max-w-28 sm:max-w-64",
      cell: (row) => (
        <div className="min-w-0">
          <p className="truncate" title={row.model}>
            {row.model === "-" ? t("noModel") : row.model}
          </p>
          {row.errorMessage ? (
            <p className="truncate text-danger text-xs" title={row.errorMessage}>
              {row.errorMessage}
            </p>
          ) : null}
        </div>
      ),
    },
    {
      key: "tokens",
      header: t("tokens"),
      align: "right",
      cell: (row) => <Tokens row={row} t={t} format={format} />,
    },
    {
      key: "cost",
      header: t("cost"),
      align: "right",
      from: "md",
      cell: (row) => (
        <span title={format.costTitle(row.costMicros, 0, row.localCost)}>
          {format.costColumn(row.costMicros, 0, row.localCost)}
        </span>
      ),
    },
    {
      key: "duration",
      header: t("duration"),
      align: "right",
      from: "lg",
      cell: (row) => (row.responseTimeMs === null ? "—" : format.milliseconds(row.responseTimeMs)),
    },
    {
      key: "status",
      header: t("status"),
      from: "sm",
      cell: (row) => <Status row={row} t={t} />,
    },
  ];
}

function Tokens({ row, t, format }: { row: Row; t: UserTexts; format: Format }) {
  const detail = t("tokensDetail", {
    prompt: format.integer(row.promptTokens),
    completion: format.integer(row.completionTokens),
  });
  return (
    <div>
      <p title={detail}>{format.integer(row.chargedTokens)}</p>
      {row.weight ? (
        <p className="whitespace-nowrap text-ink-soft text-xs">
          {weightTexts("ofTokens", { total: format.integer(row.totalTokens) })}
        </p>
      ) : null}
      {row.estimated ? (
        <p className="text-ink-faint text-xs" title={t("estimatedText")}>
          {t("estimated")}
        </p>
      ) : null}
    </div>
  );
}

function toneOf({ statusCode, outcome }: Row): Tone {
  if (outcome === "expired") return "danger";
  const tone = statusTone(statusCode);
  return tone === "ok" && outcome === "released" ? "warning" : tone;
}

/** A status code; beside it, how the reservation ended when it was not simply charged. */
export function Status({ row, t }: { row: Row; t: UserTexts }) {
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <Badge tone={toneOf(row)}>{row.statusCode === 0 ? "—" : row.statusCode}</Badge>
      {row.outcome === "settled" ? null : (
        <span className="text-ink-soft text-xs">{t(`outcome_${row.outcome}`)}</span>
      )}
    </span>
  );
}

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { Breakdown } from "@/shared/charts/Breakdown";
import { modelColours, seriesColour } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { wholeLink } from "@/shared/ui/links";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { currencyOf, figureOf, hasReport, NO_MODEL } from "./chart";
import { SHOWN_TOP, type Top, useTop } from "./data";
import { changed, type Metric, type ReportFilters, type ReportsSearch } from "./search";
import { useReportsTexts } from "./texts";

/** The greatest of the report and their share of the whole. */
export function TopCard({
  filters,
  today,
  metric,
  group,
}: {
  filters: ReportFilters;
  today: string;
  metric: Metric;
  group: Top;
}) {
  const t = useReportsTexts();
  const format = useFormat();
  const top = useTop(filters, group, metric, today);
  const colourOf = modelColours(
    group === "model" ? (top.data?.items ?? []).map((row) => row.key) : [],
  );
  const rows = (top.data?.items ?? [])
    .map((row) => ({
      key: row.key,
      label: labelOf(group, row, t),
      value: figureOf(row, metric),
      colour: group === "model" ? colourOf(row.key) : seriesColour(0),
    }))
    .filter((row) => row.value > 0);
  const shown = rows.reduce((sum, row) => sum + row.value, 0);
  const whole = top.data?.totals ? figureOf(top.data.totals, metric) : shown;
  const left = (top.data?.total ?? 0) - rows.length;
  const currency = currencyOf(top.data);
  const money = (micros: number) => format.money(micros, currency);
  // What has no price has no bar: say how much that is.
  const missing = metric === "cost" ? format.unpriced(top.data?.totals?.unpricedRequests) : null;
  const share = (value: number) => format.percent(whole === 0 ? 0 : (100 * value) / whole);
  return (
    <Card className="flex min-w-0 flex-col">
      <CardHeader title={t(`top_${group}`)} description={t("shareText")} />
      <div
        className={cn("flex-1 px-5 pb-5 transition-opacity", top.isPlaceholderData && "opacity-50")}
      >
        {top.error && !top.data ? (
          <Failure error={top.error} onRetry={() => void top.refetch()} />
        ) : !top.data ? (
          <Bars />
        ) : rows.length === 0 ? (
          <Empty title={missing ?? t("none")} />
        ) : (
          <>
            <Breakdown
              rows={rows}
              wrap={(key, label) =>
                group === "model" && !hasReport(key, filters) ? label : behind(group, key, label)
              }
              formatValue={metric === "cost" ? money : format.compact}
              // Breakdown reckons with what it shows; these are the first few of many.
              formatShare={(percent) => share((percent * shown) / 100)}
            />
            {left > 0 && shown < whole ? (
              <p className="tabular mt-4 text-ink-soft text-xs">
                {t("rest", {
                  count: left,
                  shown: format.integer(left),
                  percent: share(whole - shown),
                })}
              </p>
            ) : null}
            {missing ? <p className="tabular mt-4 text-ink-soft text-xs">{missing}</p> : null}
          </>
        )}
      </div>
    </Card>
  );
}

function labelOf(
  group: Top,
  row: Model<"UsageRow">,
  t: ReturnType<typeof useReportsTexts>,
): string {
  if (group === "user") return row.name || row.email || t("deleted");
  if (group === "group") return row.groupId ? (row.groupName ?? row.groupId) : t("noGroup");
  return row.key === NO_MODEL ? t("noModel") : row.key;
}

/** A person's page; the report of one model or group. */
function behind(group: Top, key: string, label: ReactNode) {
  if (group === "user") {
    return (
      <Link to="/users/$userId" params={{ userId: key }} className={wholeLink}>
        {label}
      </Link>
    );
  }
  return (
    <Link
      from="/reports"
      to="/reports"
      search={(before: ReportsSearch) =>
        changed(before, {
          ...(group === "group" ? { groups: [key] } : { models: [key] }),
          group: "user",
        })
      }
      className={wholeLink}
    >
      {label}
    </Link>
  );
}

function Bars() {
  return (
    <div className="flex flex-col gap-3.5">
      {Array.from({ length: SHOWN_TOP }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name
        <div key={index}>
          <Skeleton className="mb-1.5 h-4 w-2/3" />
          <Skeleton className="h-1.5 w-full" />
        </div>
      ))}
    </div>
  );
}

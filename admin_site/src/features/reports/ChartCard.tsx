import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Model } from "@/shared/api/types";
import { Legend, TimeChart } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { addDays, countDays } from "@/shared/range/days";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Failure, Skeleton } from "@/shared/ui/states";
import { Segments } from "@/shared/ui/Tabs";
import { currencyOf, plainDays, stackByModel, unpricedOf } from "./chart";
import { useModelDays } from "./data";
import { behindBar, METRICS, type Metric, type ReportFilters, type ReportsSearch } from "./search";
import { useReportsTexts } from "./texts";

const HEIGHT = 260;
/** Beside the list of the greatest, as high as that is. */
const TALL = 340;

const amount = (money: string) => money.replace(/^\D+/, "");

/** The period day by day; by model where the API counts so, else as one figure. */
export function ChartCard({
  filters,
  today,
  metric,
  days,
  onMetric,
  onChange,
  isTall,
  className,
}: {
  filters: ReportFilters;
  today: string;
  metric: Metric;
  days: UseQueryResult<Model<"UsageReport">>;
  onMetric: (metric: Metric) => void;
  onChange: (change: Partial<ReportsSearch>) => void;
  isTall: boolean;
  className?: string;
}) {
  const t = useReportsTexts();
  const format = useFormat();
  const byModel = useModelDays(filters, today);
  const answer = byModel.isCounted ? byModel : days;
  const others = t("others");
  const noModel = t("noModel");
  const label = t(metric);
  const height = isTall ? TALL : HEIGHT;
  const chart = useMemo(() => {
    if (byModel.isCounted) {
      return byModel.data && stackByModel(byModel.data.points, metric, { others, noModel });
    }
    const { from } = filters;
    const all = Array.from({ length: countDays(filters) }, (_, index) => addDays(from, index));
    return days.data && plainDays(days.data.items, all, metric, label);
  }, [byModel.isCounted, byModel.data, days.data, filters, metric, others, noModel, label]);
  const currency = currencyOf(answer.data);
  const money = (micros: number) => format.money(micros, currency);
  const missing = metric === "cost" ? format.unpriced(unpricedOf(answer.data)) : undefined;
  return (
    <Card className={cn("min-w-0", className)}>
      <CardHeader
        className="[&>div:first-child]:basis-40"
        title={t("perDay")}
        description={[t(byModel.isCounted ? "byModelText" : "totalText"), missing]
          .filter(Boolean)
          .join(" · ")}
        actions={
          <Segments
            label={t("metric")}
            value={metric}
            onChange={onMetric}
            options={METRICS.map((value) => ({ value, label: t(value) }))}
          />
        }
      />
      <div className="px-5 pb-5">
        {answer.error && !chart ? (
          <Failure error={answer.error} onRetry={() => void answer.refetch()} />
        ) : chart ? (
          <>
            <TimeChart
              label={`${label}: ${t("perDay")}`}
              height={height}
              points={chart.points}
              series={chart.series}
              formatValue={metric === "cost" ? money : format.compact}
              // The axis has no room for the currency; the segment and the tooltip say it.
              {...(metric === "cost" ? { formatAxis: (micros) => amount(money(micros)) } : {})}
              formatTick={format.shortDate}
              formatTime={format.date}
              onPick={(day) => onChange(behindBar(day, metric))}
              className={cn("transition-opacity", answer.isPlaceholderData && "opacity-50")}
            />
            <div className="mt-3 min-h-4">
              <Legend series={chart.series} />
            </div>
          </>
        ) : (
          <>
            <Skeleton className={cn("w-full", isTall ? "h-[340px]" : "h-[260px]")} />
            <div className="mt-3 h-4" />
          </>
        )}
      </div>
    </Card>
  );
}

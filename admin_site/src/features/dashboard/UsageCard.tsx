import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { Legend, TimeChart } from "@/shared/charts/TimeChart";
import { periodDay, useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Failure, Skeleton } from "@/shared/ui/states";
import { Segments } from "@/shared/ui/Tabs";
import { OTHERS, RANGES, type Range, stackByModel, useSeries } from "./data";
import { useDashboardTexts } from "./texts";

const HEIGHT = 280;
const HOURS = 24;
const RANGE_TEXT = { today: "rangeToday", 7: "range7", 30: "range30", 90: "range90" } as const;

/** The same days on the page of reports. */
const REPORTED = { 7: "last7", 30: "last30", 90: "last90" } as const;

/** Tokens over time, by model. */
export function UsageCard({
  range,
  onRange,
  today,
  className,
}: {
  range: Range;
  onRange: (range: Range) => void;
  today: string | undefined;
  className?: string;
}) {
  const t = useDashboardTexts();
  const format = useFormat();
  const navigate = useNavigate();
  const answer = useSeries(range, today);
  const others = t("others");
  const noModel = t("noModel");
  const stacked = useMemo(() => {
    if (!answer.data) return null;
    const now = Date.now();
    const isHourly = answer.data.interval === "hour";
    const points = isHourly
      ? answer.data.points.filter((one) => Date.parse(one.time) <= now).slice(-HOURS)
      : answer.data.points;
    const days = { from: points[0]?.day, to: points.at(-1)?.day };
    return { ...stackByModel({ ...answer.data, points }, { others, noModel }), isHourly, days };
  }, [answer.data, others, noModel]);
  // 24 hours began yesterday, but for the last hour of a day.
  const reported =
    range === "today"
      ? ({ range: "own", ...stacked?.days } as const)
      : ({ range: REPORTED[range] } as const);
  return (
    <Card className={cn("min-w-0", className)}>
      <CardHeader
        className="[&>div:first-child]:basis-40"
        title={t("usage")}
        description={t("usageText")}
        actions={
          <Segments
            label={t("rangeLabel")}
            value={range}
            onChange={onRange}
            options={RANGES.map((value) => ({ value, label: t(RANGE_TEXT[value]) }))}
          />
        }
      />
      <div className="px-5 pb-5">
        {answer.error && !answer.data ? (
          <Failure error={answer.error} onRetry={() => void answer.refetch()} />
        ) : stacked ? (
          <>
            <TimeChart
              label={t("usage")}
              height={HEIGHT}
              points={stacked.points}
              series={stacked.series}
              formatValue={format.compact}
              formatTick={(time) =>
                stacked.isHourly ? format.shortTime(time) : format.shortDate(time)
              }
              onPick={(time) => {
                const day = stacked.isHourly ? periodDay(new Date(time)) : time;
                void navigate({ to: "/reports", search: { range: "own", from: day, to: day } });
              }}
              formatTime={(time) => (stacked.isHourly ? format.dateTime(time) : format.date(time))}
              className={cn("transition-opacity", answer.isPlaceholderData && "opacity-50")}
            />
            <div className="mt-3 min-h-4">
              <Legend
                series={stacked.series}
                wrap={(model, label) =>
                  model === OTHERS ? (
                    <Link
                      to="/reports"
                      search={{ ...reported, group: "model" }}
                      className="rounded hover:underline"
                    >
                      {label}
                    </Link>
                  ) : (
                    <Link
                      to="/reports"
                      search={{ ...reported, models: [model] }}
                      className="rounded hover:underline"
                    >
                      {label}
                    </Link>
                  )
                }
              />
            </div>
          </>
        ) : (
          <>
            <Skeleton className="h-[280px] w-full" />
            <div className="mt-3 h-4" />
          </>
        )}
      </div>
    </Card>
  );
}

import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Gauge, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { Legend, type Series, TimeChart, type TimePoint } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { useIsManager } from "@/shared/hooks/session";
import { useRefusalWords } from "@/shared/refusals/words";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { useModelDays } from "./data";
import type { ReportFilters, ReportsSearch } from "./search";
import { firstByteDays, refusalDays } from "./system";
import { useReportsTexts } from "./texts";

const HEIGHT = 220;

const STATUSES = {
  account_pending: "pending",
  account_suspended: "suspended",
  account_blocked: "blocked",
} as const;

interface Shown {
  filters: ReportFilters;
  today: string;
  onChange: (change: Partial<ReportsSearch>) => void;
}

/**
 * What the API counts for the whole company alone; nothing where filters ask for a part of it, or
 * the person sees no more than one.
 */
export function SystemCards(shown: Shown) {
  const days = useModelDays(shown.filters, shown.today);
  const isManager = useIsManager();
  if (!days.isCounted || shown.filters.groups || isManager) return null;
  const hasRefusals = !shown.filters.models;
  return (
    <div className={cn("mt-5 grid gap-5", hasRefusals && "xl:grid-cols-2")}>
      <FirstByteCard {...shown} days={days} />
      {hasRefusals ? <RefusalsCard {...shown} days={days} /> : null}
    </div>
  );
}

type Days = Pick<
  UseQueryResult<Model<"TimeSeries">>,
  "data" | "error" | "refetch" | "isPlaceholderData"
>;

/** How long streamed answers took to begin; a day leads to its requests. */
function FirstByteCard({ days, onChange }: Shown & { days: Days }) {
  const t = useReportsTexts();
  const format = useFormat();
  const whole = days.data?.firstByte;
  const chart = days.data && firstByteDays(days.data.points, { p50: t("p50"), p95: t("p95") });
  return (
    <DaysCard
      title={t("firstByte")}
      description={
        whole?.p50Ms != null && whole.p95Ms != null
          ? t("firstByteText", {
              p50: format.milliseconds(whole.p50Ms),
              p95: format.milliseconds(whole.p95Ms),
            })
          : t("firstByteHelp")
      }
      days={days}
      chart={chart}
      isEmpty={whole?.answers === 0}
      empty={
        <Empty icon={<Gauge />} title={t("firstByteNone")}>
          {t("firstByteNoneText")}
        </Empty>
      }
      shape="lines"
      formatValue={format.milliseconds}
      onPick={(day) => onChange({ range: "own", from: day, to: day, group: "none" })}
    />
  );
}

/** What the gateway refused and why; no list of it exists, but some reasons lead to who is meant. */
function RefusalsCard({ days, onChange }: Shown & { days: Days }) {
  const t = useReportsTexts();
  const format = useFormat();
  const counts = Object.values(days.data?.refusals ?? {});
  const count = counts.reduce((sum, one) => sum + one, 0);
  const nameOf = useRefusalWords();
  const chart =
    days.data && refusalDays(days.data.points, days.data.refusals ?? {}, nameOf, t("others"));
  return (
    <DaysCard
      title={t("refusals")}
      description={
        count > 0 ? t("refusalsText", { count, shown: format.integer(count) }) : t("refusalsHelp")
      }
      days={days}
      chart={chart}
      isEmpty={count === 0}
      empty={
        <Empty icon={<ShieldCheck />} title={t("refusalsNone")}>
          {t("refusalsNoneText")}
        </Empty>
      }
      formatValue={format.integer}
      onPick={(day) => onChange({ range: "own", from: day, to: day })}
      wrap={behindReason}
    />
  );
}

/** Who is refused for a reason, where there is a list of them. */
function behindReason(reason: string, name: ReactNode): ReactNode {
  const className = "rounded hover:underline";
  switch (reason) {
    case "insufficient_quota":
      return (
        <Link to="/users" search={{ level: ["blocked"] }} className={className}>
          {name}
        </Link>
      );
    case "account_pending":
    case "account_suspended":
    case "account_blocked":
      return (
        <Link to="/users" search={{ status: [STATUSES[reason]] }} className={className}>
          {name}
        </Link>
      );
    case "invalid_api_key":
    case "model_not_allowed":
      return (
        <Link to="/keys" className={className}>
          {name}
        </Link>
      );
    default:
      return name;
  }
}

function DaysCard({
  title,
  description,
  days,
  chart,
  isEmpty,
  empty,
  shape = "bars",
  formatValue,
  onPick,
  wrap = (_, name) => name,
}: {
  title: string;
  description: string;
  days: Days;
  chart: { points: TimePoint[]; series: Series[] } | undefined;
  isEmpty: boolean;
  empty: ReactNode;
  shape?: "bars" | "lines";
  formatValue: (value: number) => string;
  onPick: (day: string) => void;
  wrap?: (key: string, name: ReactNode) => ReactNode;
}) {
  const format = useFormat();
  return (
    <Card className="min-w-0">
      <CardHeader title={title} description={description} />
      <div className="px-5 pb-5">
        {days.error && !chart ? (
          <Failure error={days.error} onRetry={() => void days.refetch()} />
        ) : !chart ? (
          <>
            <Skeleton className="h-[220px] w-full" />
            <div className="mt-3 h-4" />
          </>
        ) : isEmpty ? (
          empty
        ) : (
          <>
            <TimeChart
              label={title}
              height={HEIGHT}
              shape={shape}
              points={chart.points}
              series={chart.series}
              formatValue={formatValue}
              formatTick={format.shortDate}
              formatTime={format.date}
              onPick={onPick}
              className={cn("transition-opacity", days.isPlaceholderData && "opacity-50")}
            />
            <div className="mt-3 min-h-4">
              <Legend series={chart.series} wrap={wrap} />
            </div>
          </>
        )}
      </div>
    </Card>
  );
}

import { Link } from "@tanstack/react-router";
import { KeyRound, Sparkles } from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { renewalDay, useFormat } from "@/shared/format";
import { useMaySee } from "@/shared/hooks/session";
import { useNow } from "@/shared/hooks/time";
import { buttonClass } from "@/shared/ui/Button";
import { Card, PageHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Empty, Failure } from "@/shared/ui/states";
import { AlertsCard } from "./AlertsCard";
import { Cards } from "./Cards";
import { type Range, useStats } from "./data";
import { GroupsCard, ModelsCard, TopUsersCard } from "./Ranking";
import { useDashboardTexts } from "./texts";
import { UsageCard } from "./UsageCard";

/** What an admin keeps open all day: how the month stands, live. */
export function DashboardPage() {
  const t = useDashboardTexts();
  const stats = useStats();
  const [range, setRange] = useState<Range>("30");
  const seesAlerts = useMaySee("/alerts");
  const seesKeys = useMaySee("/keys");
  if (stats.error && !stats.data) {
    return <Failure error={stats.error} onRetry={() => void stats.refetch()} />;
  }
  const data = stats.data;
  const isUnused = data !== undefined && data.requests === 0 && data.previousMonth.total === 0;
  return (
    <>
      <Header stats={data} updatedAt={stats.dataUpdatedAt} isAway={stats.isError} />
      <Cards stats={data} />
      {isUnused ? (
        <Card className="mt-5">
          <Empty
            icon={<Sparkles />}
            title={t("emptyTitle")}
            action={
              seesKeys ? (
                <Link to="/keys" className={buttonClass("primary")}>
                  <KeyRound className="size-4" aria-hidden />
                  {t("emptyAction")}
                </Link>
              ) : null
            }
          >
            {t("emptyText")}
          </Empty>
        </Card>
      ) : (
        <div className={cn("mt-5 grid gap-5", seesAlerts ? "xl:grid-cols-3" : "xl:grid-cols-2")}>
          <UsageCard
            className="xl:col-span-2"
            range={range}
            onRange={setRange}
            today={data?.today.day}
          />
          {seesAlerts ? <AlertsCard className="xl:row-span-2" /> : null}
          <div className="grid gap-5 md:grid-cols-2 xl:col-span-2">
            <TopUsersCard users={data?.topUsers} />
            <ModelsCard models={data?.byModel} />
            {data?.byGroup.length ? <GroupsCard groups={data.byGroup} /> : null}
          </div>
        </div>
      )}
    </>
  );
}

function Header({
  stats,
  updatedAt,
  isAway,
}: {
  stats: Model<"SystemStatsOut"> | undefined;
  updatedAt: number;
  isAway: boolean;
}) {
  const t = useDashboardTexts();
  const format = useFormat();
  const now = useNow();
  const ago = format.ago(new Date(Math.min(updatedAt, now.getTime())), now);
  return (
    <PageHeader
      title={t("title")}
      description={
        stats
          ? t("subtitle", {
              month: format.month(stats.period),
              date: format.shortDate(renewalDay(stats.period)),
            })
          : "\u00a0"
      }
      actions={
        updatedAt > 0 ? (
          <p className="flex items-center gap-2 text-ink-soft text-xs">
            <span className="relative flex size-2" aria-hidden>
              {isAway ? null : (
                <span className="absolute inline-flex size-full animate-ping rounded-full bg-ok opacity-40" />
              )}
              <span className={`relative size-2 rounded-full ${isAway ? "bg-warning" : "bg-ok"}`} />
            </span>
            {t(isAway ? "paused" : "updated", { ago })}
          </p>
        ) : null
      }
    />
  );
}

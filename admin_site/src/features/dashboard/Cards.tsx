import { Ban, CircleDollarSign, Coins, TrendingUp, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { useDashboardTexts } from "./texts";

/** The month in five figures; the exact ones are in the titles. */
export function Cards({ stats }: { stats: Model<"SystemStatsOut"> | undefined }) {
  const t = useDashboardTexts();
  const format = useFormat();
  const cost = (one: Model<"CostOut">) => format.cost(one.micros, one.unpricedRequests);
  const previous = stats ? format.month(stats.previousMonth.period) : "";
  const change = stats?.usage.changePercent ?? null;
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-5">
      <Figure
        icon={<Coins />}
        label={t("tokens")}
        value={stats && format.compact(stats.usage.monthlyTotal)}
        exact={stats && format.integer(stats.usage.monthlyTotal)}
        notes={
          stats && [
            change === null
              ? t("noPrevious", { month: previous })
              : t("versus", { change: format.change(change), month: previous }),
            t("today", {
              tokens: format.compact(stats.today.tokens),
              requests: format.integer(stats.today.requests),
              count: stats.today.requests,
            }),
          ]
        }
      />
      <Figure
        icon={<CircleDollarSign />}
        label={t("cost")}
        value={stats && cost(stats.cost)}
        exact={stats && format.unpriced(stats.cost.unpricedRequests)}
        notes={
          stats && [
            t("costForecast", { cost: cost(stats.forecast.cost) }),
            t("costToday", { cost: cost(stats.today.cost) }),
          ]
        }
      />
      <Figure
        icon={<TrendingUp />}
        label={t("forecast")}
        value={stats && format.compact(stats.forecast.monthTotal)}
        exact={stats && format.integer(stats.forecast.monthTotal)}
        notes={stats && [t("pace", { tokens: format.compact(stats.forecast.pacePerDay) })]}
      />
      <Figure
        icon={<Users />}
        label={t("users")}
        value={stats && format.integer(stats.users.usedThisMonth)}
        notes={
          stats && [
            t("ofTotal", { count: stats.users.total, total: format.integer(stats.users.total) }),
            t("average", {
              tokens: format.compact(
                stats.usage.monthlyTotal / Math.max(1, stats.users.usedThisMonth),
              ),
            }),
          ]
        }
      />
      <Figure
        icon={<Ban />}
        label={t("blocked")}
        value={stats && format.integer(stats.users.byLevel.blocked)}
        notes={
          stats && [
            t("near", {
              count:
                stats.users.byLevel.warning +
                stats.users.byLevel.critical +
                stats.users.byLevel.blocked,
            }),
            [
              ...(stats.users.suspended ? [t("suspended", { count: stats.users.suspended })] : []),
              ...(stats.users.blocked ? [t("closed", { count: stats.users.blocked })] : []),
              ...(stats.users.pending ? [t("pending", { count: stats.users.pending })] : []),
            ].join(" · ") || t("allServed"),
          ]
        }
      />
    </div>
  );
}

function Figure({
  icon,
  label,
  value,
  exact,
  notes,
}: {
  icon: ReactNode;
  label: string;
  value: string | undefined;
  exact?: string | undefined;
  notes: string[] | undefined;
}) {
  return (
    <Card className="flex flex-col p-5">
      <p className="flex items-center gap-2 font-medium text-[0.8125rem] text-ink-soft">
        <span className="text-sun [&>svg]:size-4" aria-hidden>
          {icon}
        </span>
        {label}
      </p>
      <p
        className={cn(
          "tabular mt-2 h-9 whitespace-nowrap font-semibold leading-9 tracking-tight",
          // "≥ US$ 0,0012" would not fit beside four others.
          (value?.length ?? 0) > 11 ? "text-xl" : "text-[1.625rem]",
        )}
        title={exact}
      >
        {value ?? <Skeleton className="h-8 w-28" />}
      </p>
      <div className="mt-1.5 min-h-9 text-ink-soft text-xs leading-[1.125rem]">
        {notes ? (
          notes.map((note, index) => (
            <p key={note} className={cn(index > 0 && "text-ink-faint")}>
              {note}
            </p>
          ))
        ) : (
          <Skeleton className="mt-1 h-3 w-36" />
        )}
      </div>
    </Card>
  );
}

import { Link } from "@tanstack/react-router";
import { Ban, CircleDollarSign, Coins, TrendingUp, Users } from "lucide-react";
import { cloneElement, Fragment, isValidElement, type ReactElement, type ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { useDashboardTexts } from "./texts";

/** The month in five figures, each with the list behind it; the exact ones are in the titles. */
export function Cards({ stats }: { stats: Model<"SystemStatsOut"> | undefined }) {
  const t = useDashboardTexts();
  const format = useFormat();
  const cost = (one: Model<"CostOut">) => format.cost(one.micros, one.unpricedRequests, one.local);
  const previous = stats ? format.month(stats.previousMonth.period) : "";
  const change = stats?.usage.changePercent ?? null;
  const costChange = stats?.previousMonth.costChangePercent ?? null;
  const made = stats && format.madeOf(stats.cost.micros, stats.cost.local);
  const people = stats?.users;
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-5">
      <Figure
        icon={<Coins />}
        label={t("tokens")}
        value={stats && format.compact(stats.usage.monthlyTotal)}
        exact={stats && format.integer(stats.usage.monthlyTotal)}
        link={<Link to="/reports" />}
        notes={
          stats && [
            <Link key="previous" to="/reports" search={{ range: "lastMonth" }}>
              {compared(stats, change, t, format)}
            </Link>,
            <Link key="today" to="/reports" search={{ range: "today" }}>
              {t("today", {
                tokens: format.compact(stats.today.tokens),
                requests: format.integer(stats.today.requests),
                count: stats.today.requests,
              })}
            </Link>,
          ]
        }
      />
      <Figure
        icon={<CircleDollarSign />}
        label={t("cost")}
        value={stats && cost(stats.cost)}
        exact={
          stats &&
          format.costTitle(stats.cost.micros, stats.cost.unpricedRequests, stats.cost.local)
        }
        link={<Link to="/reports" search={{ metric: "cost", sort: "cost" }} />}
        notes={
          stats && [
            ...(made ? [made] : []),
            ...(costChange === null
              ? []
              : [
                  <Link
                    key="previous"
                    to="/reports"
                    search={{ range: "lastMonth", metric: "cost", sort: "cost" }}
                  >
                    {t("versus", { change: format.change(costChange), month: previous })}
                  </Link>,
                ]),
            t("costForecast", { cost: cost(stats.forecast.cost) }),
            <Link
              key="today"
              to="/reports"
              search={{ range: "today", metric: "cost", sort: "cost" }}
            >
              {t("costToday", { cost: cost(stats.today.cost) })}
            </Link>,
          ]
        }
      />
      <Figure
        icon={<TrendingUp />}
        label={t("forecast")}
        value={stats && format.compact(stats.forecast.monthTotal)}
        exact={stats && format.integer(stats.forecast.monthTotal)}
        link={<Link to="/reports" search={{ group: "day" }} />}
        notes={stats && [t("pace", { tokens: format.compact(stats.forecast.pacePerDay) })]}
      />
      <Figure
        icon={<Users />}
        label={t("users")}
        value={people && format.integer(people.usedThisMonth)}
        link={<Link to="/reports" search={{ group: "user" }} />}
        notes={
          stats &&
          people && [
            <Link key="all" to="/users">
              {t("ofTotal", { count: people.total, total: format.integer(people.total) })}
            </Link>,
            t("average", {
              tokens: format.compact(stats.usage.monthlyTotal / Math.max(1, people.usedThisMonth)),
            }),
          ]
        }
      />
      <Figure
        icon={<Ban />}
        label={t("blocked")}
        value={people && format.integer(people.byLevel.blocked)}
        link={<Link to="/users" search={{ level: ["blocked"] }} />}
        notes={
          people && [
            <Link key="near" to="/users" search={{ level: ["near"] }}>
              {t("near", {
                count: people.byLevel.warning + people.byLevel.critical + people.byLevel.blocked,
              })}
            </Link>,
            <NotServed key="not-served" people={people} />,
          ]
        }
      />
    </div>
  );
}

/** Against the same part of the month before, or why that cannot be said. */
export function compared(
  { previousMonth }: Pick<Model<"SystemStatsOut">, "previousMonth">,
  change: number | null,
  t: ReturnType<typeof useDashboardTexts>,
  format: Format,
): string {
  const month = format.month(previousMonth.period);
  if (change !== null) return t("versus", { change: format.change(change), month });
  return previousMonth.beginsOn
    ? t("begins", { date: format.shortDate(previousMonth.beginsOn) })
    : t("noPrevious", { month });
}

/** Who is refused whatever their quota, by status. */
function NotServed({ people }: { people: Model<"UserCountsOut"> }) {
  const t = useDashboardTexts();
  const counts = [
    { status: "suspended", text: "suspended", count: people.suspended },
    { status: "blocked", text: "closed", count: people.blocked },
    { status: "pending", text: "pending", count: people.pending },
  ] as const;
  const some = counts.filter((one) => one.count > 0);
  if (some.length === 0) return t("allServed");
  return some.map(({ status, text, count }, index) => (
    <Fragment key={status}>
      {index > 0 ? " · " : null}
      <Link to="/users" search={{ status: [status] }}>
        {t(text, { count })}
      </Link>
    </Fragment>
  ));
}

/** A card is one link; those of its notes lie above it. */
const WHOLE = "block rounded-lg after:absolute after:inset-0 after:rounded-2xl";

function Figure({
  icon,
  label,
  value,
  exact,
  link,
  notes,
}: {
  icon: ReactNode;
  label: string;
  value: string | undefined;
  exact?: string | undefined;
  /** To the list behind the figure, without content. */
  link: ReactElement<{ className?: string; title?: string | undefined; children?: ReactNode }>;
  /** Links and plain texts. */
  notes: ReactNode[] | undefined;
}) {
  return (
    <Card className="relative flex flex-col p-5 transition-colors hover:border-line-strong">
      {cloneElement(
        link,
        { className: WHOLE, title: exact },
        <span className="flex items-center gap-2 font-medium text-[0.8125rem] text-ink-soft">
          <span className="text-sun [&>svg]:size-4" aria-hidden>
            {icon}
          </span>
          {label}
        </span>,
        <span
          className={cn(
            "tabular mt-2 block h-9 whitespace-nowrap font-semibold leading-9 tracking-tight",
            // "≥ US$ 0,0012" would not fit beside four others.
            (value?.length ?? 0) > 11 ? "text-xl" : "text-[1.625rem]",
          )}
        >
          {value ?? <Skeleton className="h-8 w-28" />}
        </span>,
      )}
      <div className="mt-1.5 min-h-9 text-ink-soft text-xs leading-[1.125rem] [&_a:hover]:underline [&_a]:relative [&_a]:rounded">
        {notes ? (
          notes.map((note, index) => (
            <p
              key={isValidElement(note) ? note.key : String(note)}
              className={cn(index > 0 && "text-ink-faint")}
            >
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

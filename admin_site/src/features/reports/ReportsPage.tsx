import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap } from "@/shared/api/client";
import { ExportControl } from "@/shared/exports/ExportControl";
import { periodDay, useFormat } from "@/shared/format";
import { useIsManager } from "@/shared/hooks/session";
import { useListSearch } from "@/shared/lists/useListSearch";
import { countDays } from "@/shared/range/days";
import { PageHeader } from "@/shared/ui/Card";
import { ChartCard } from "./ChartCard";
import { hasTop, isTooLarge, useDays, useRows } from "./data";
import { Filters } from "./Filters";
import { Rows } from "./Rows";
import { SystemCards } from "./SystemCards";
import { changed, filtersOf, groupOf, orderOf, reportsSearch, seenBy } from "./search";
import { TooLarge } from "./TooLarge";
import { TopCard } from "./TopCard";
import { Totals } from "./Totals";
import { useReportsTexts } from "./texts";

const DAY_MILLISECONDS = 300_000;

/** Today where the quotas live; until the API has said it, the viewer's. */
function useToday(): string {
  // a manager does not see the company's figures
  const isManager = useIsManager();
  const stats = useQuery({
    enabled: !isManager,
    queryKey: ["stats"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/stats", { signal })),
    staleTime: DAY_MILLISECONDS,
  });
  return stats.data?.today.day ?? periodDay();
}

/** What was used, by whom, of what and when; as tables, charts and files. */
export function ReportsPage() {
  const t = useReportsTexts();
  const format = useFormat();
  const state = useListSearch("/reports", reportsSearch, changed, "all");
  const { update, open } = state;
  const search = seenBy(useIsManager(), state.search);
  const today = useToday();
  const group = groupOf(search);
  const metric = search.metric ?? "tokens";
  const filters = useMemo(() => filtersOf(search, today), [search, today]);
  const order = useMemo(() => orderOf(group, filters), [group, filters]);
  const days = useDays(filters, today);
  const rows = useRows(search, filters, today);
  const top = hasTop(group) ? group : null;
  const shared = { search, filters, today, metric };
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("subtitle", {
          count: countDays(filters),
          from: format.date(filters.from),
          to: format.date(filters.to),
        })}
        actions={<ExportControl order={order} />}
      />
      <Filters search={search} filters={filters} today={today} onChange={update} onOpen={open} />
      {isTooLarge(rows.error) || isTooLarge(days.error) ? (
        <TooLarge order={order} onNarrow={() => update({ range: "last7" })} />
      ) : (
        <>
          <Totals
            totals={days.data?.totals ?? undefined}
            isFailed={days.isError && !days.data}
            isStale={days.isPlaceholderData}
          />
          <div className="mt-5 grid gap-5 xl:grid-cols-3">
            <ChartCard
              {...shared}
              days={days}
              onMetric={(next) => update({ metric: next })}
              onChange={update}
              isTall={top !== null}
              className={top ? "xl:col-span-2" : "xl:col-span-3"}
            />
            {top ? <TopCard {...shared} group={top} /> : null}
          </div>
          <SystemCards filters={filters} today={today} onChange={update} />
          <Rows search={search} rows={rows} totals={days.data?.totals ?? null} onChange={update} />
        </>
      )}
    </>
  );
}

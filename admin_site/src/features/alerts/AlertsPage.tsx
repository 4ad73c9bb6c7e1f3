import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { ExportControl } from "@/shared/exports/ExportControl";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { localDay } from "@/shared/range/days";
import { PageHeader } from "@/shared/ui/Card";
import { AlertList } from "./AlertList";
import { useAlerts } from "./data";
import { Filters } from "./Filters";
import { ResolveAll } from "./ResolveAll";
import {
  type AlertsSearch,
  changed,
  isFiltered,
  orderOf,
  resolvable,
  stateOf,
  toQuery,
} from "./search";
import { useAlertsTexts } from "./texts";

/** Who is near the limit, and what was done about it. */
export function AlertsPage() {
  const t = useAlertsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const search = useSearch({ from: "/inside/alerts" });
  const navigate = useNavigate({ from: "/alerts" });
  const update = useCallback(
    (change: Partial<AlertsSearch>) =>
      void navigate({
        search: (before: AlertsSearch) => changed(before, change),
        resetScroll: false,
      }),
    [navigate],
  );
  const today = localDay();
  const query = useMemo(() => toQuery(search, today), [search, today]);
  const order = useMemo(() => orderOf(query), [query]);
  const alerts = useAlerts(query);
  const total = alerts.data?.pages[0]?.total ?? null;
  const target = resolvable(search);
  return (
    <>
      <PageHeader
        title={t("title")}
        description={
          total === null
            ? "\u00a0"
            : t(`count_${stateOf(search)}`, { count: total, shown: format.integer(total) })
        }
        actions={
          <>
            <ExportControl order={order} />
            {canChange && target && total ? (
              <ResolveAll target={target} count={total} isFiltered={isFiltered(search)} />
            ) : null}
          </>
        }
      />
      <Filters search={search} onChange={update} />
      <AlertList search={search} query={query} alerts={alerts} onChange={update} />
    </>
  );
}

import { BellRing, PartyPopper } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { ExportControl } from "@/shared/exports/ExportControl";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import { localDay } from "@/shared/range/days";
import { cn } from "@/shared/ui/cn";
import { Empty, Skeleton } from "@/shared/ui/states";
import { AlertRow } from "./AlertRow";
import { type Alert, useAlerts } from "./data";
import { Filters } from "./Filters";
import { ResolveAll } from "./ResolveAll";
import {
  alertsSearch,
  CLEARED,
  changed,
  isFiltered,
  orderOf,
  resolvable,
  stateOf,
  toQuery,
} from "./search";
import { useAlertsTexts } from "./texts";

const PLACEHOLDER_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** What a menu of an alert opens over the list. */
export interface Opened {
  userId: string;
  what: "tokens" | "limit";
}

/**
 * Who is near the limit, and what was done about it; newest first.
 *
 * The dialogs that change a user are another feature's: the app hands in what shows them.
 */
export function AlertsPage({
  dialogOf,
}: {
  dialogOf: (opened: Opened, onClose: () => void) => ReactNode;
}) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const t = useAlertsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const { search, update } = useListSearch("/alerts", alertsSearch, changed, "all");
  const today = localDay();
  const query = useMemo(() => toQuery(search, today), [search, today]);
  const order = useMemo(() => orderOf(query), [query]);
  const alerts = useAlerts(query);
  const pages = alerts.data?.pages;
  const total = pages?.[0]?.total ?? null;
  const listed = pages?.reduce((count, page) => count + page.items.length, 0) ?? 0;
  const target = resolvable(search);
  return (
    <>
      <ListPage<Alert>
        title={t("title")}
        description={
          total === null
            ? undefined
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
        filters={<Filters search={search} onChange={update} />}
        query={alerts}
        beside={
          total === null ? null : (
            <span className="tabular text-[0.8125rem] text-ink-soft">
              {t("shown", { shown: format.integer(listed), total: format.integer(total) })}
            </span>
          )
        }
        empty={<NoAlerts state={stateOf(search)} />}
        none={{ title: t("noneTitle"), text: t("noneText") }}
        onClear={isFiltered(search) ? () => update(CLEARED) : undefined}
      >
        {(rows) => (
          <ul
            className={cn(
              "divide-y divide-line transition-opacity",
              alerts.isPlaceholderData && "opacity-50",
            )}
          >
            {rows
              ? rows.map((alert) => (
                  <AlertRow key={alert.id} alert={alert} query={query} onOpen={setOpened} />
                ))
              : PLACEHOLDER_ROWS.map((key) => <Waiting key={key} />)}
          </ul>
        )}
      </ListPage>
      {opened === null ? null : dialogOf(opened, () => setOpened(null))}
    </>
  );
}

function Waiting() {
  return (
    <li className="flex items-center gap-4 px-5 py-4">
      <div className="flex-1">
        <Skeleton className="mb-2 h-5 w-52 max-w-full" />
        <Skeleton className="h-4 w-72 max-w-full" />
      </div>
      <Skeleton className="hidden h-8 w-64 md:block" />
      <Skeleton className="h-8 w-24" />
    </li>
  );
}

function NoAlerts({ state }: { state: ReturnType<typeof stateOf> }) {
  const t = useAlertsTexts();
  if (state === "open") {
    return (
      <Empty icon={<PartyPopper />} title={t("emptyOpen")}>
        {t("emptyOpenText")}
      </Empty>
    );
  }
  return (
    <Empty icon={<BellRing />} title={t(state === "resolved" ? "emptyResolved" : "emptyAll")}>
      {t("emptyAllText")}
    </Empty>
  );
}

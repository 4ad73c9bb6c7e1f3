import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { BellRing, PartyPopper, SearchX } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { AlertRow } from "./AlertRow";
import { type AlertQuery, type AlertsSearch, CLEARED, isFiltered, stateOf } from "./search";
import { useAlertsTexts } from "./texts";

type Answer = UseInfiniteQueryResult<InfiniteData<Model<"Page_AlertOut_">>>;

const PLACEHOLDER_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** The alerts that match, newest first, and a way to more of them. */
export function AlertList({
  search,
  query,
  alerts,
  onChange,
}: {
  search: AlertsSearch;
  query: AlertQuery;
  alerts: Answer;
  onChange: (change: Partial<AlertsSearch>) => void;
}) {
  const t = useAlertsTexts();
  const format = useFormat();
  const items = alerts.data?.pages.flatMap((page) => page.items);
  const total = alerts.data?.pages[0]?.total ?? null;
  return (
    <Card className="overflow-hidden" aria-label={t("title")} aria-busy={!items}>
      {alerts.error && !items ? (
        <Failure error={alerts.error} onRetry={() => void alerts.refetch()} />
      ) : !items ? (
        <Waiting />
      ) : items.length === 0 ? (
        <Nothing search={search} onClear={() => onChange(CLEARED)} />
      ) : (
        <ul
          className={cn(
            "divide-y divide-line transition-opacity",
            alerts.isPlaceholderData && "opacity-50",
          )}
        >
          {items.map((alert) => (
            <AlertRow key={alert.id} alert={alert} query={query} />
          ))}
        </ul>
      )}
      {alerts.hasNextPage && items ? (
        <div className="flex items-center justify-center gap-4 border-line border-t px-5 py-3">
          <Button
            size="small"
            busy={alerts.isFetchingNextPage}
            onClick={() => void alerts.fetchNextPage()}
          >
            {t("more")}
          </Button>
          {total === null ? null : (
            <span className="tabular text-[0.8125rem] text-ink-soft">
              {t("shown", { shown: format.integer(items.length), total: format.integer(total) })}
            </span>
          )}
        </div>
      ) : null}
    </Card>
  );
}

function Waiting() {
  return (
    <div className="divide-y divide-line">
      {PLACEHOLDER_ROWS.map((key) => (
        <div key={key} className="flex items-center gap-4 px-5 py-4">
          <div className="flex-1">
            <Skeleton className="mb-2 h-5 w-52 max-w-full" />
            <Skeleton className="h-4 w-72 max-w-full" />
          </div>
          <Skeleton className="hidden h-8 w-64 md:block" />
          <Skeleton className="h-8 w-24" />
        </div>
      ))}
    </div>
  );
}

function Nothing({ search, onClear }: { search: AlertsSearch; onClear: () => void }) {
  const t = useAlertsTexts();
  if (isFiltered(search)) {
    return (
      <Empty
        icon={<SearchX />}
        title={t("noneTitle")}
        action={<Button onClick={onClear}>{t("clearFilters")}</Button>}
      >
        {t("noneText")}
      </Empty>
    );
  }
  const state = stateOf(search);
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

import { Hourglass, Inbox } from "lucide-react";
import { useMemo } from "react";
import { periodDay, useFormat } from "@/shared/format";
import { useIsManager } from "@/shared/hooks/session";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import type { TokenRequest } from "@/shared/token-requests/data";
import { cn } from "@/shared/ui/cn";
import { Empty, Skeleton } from "@/shared/ui/states";
import { DecideDialog } from "./DecideDialog";
import { useRequests } from "./data";
import { Filters } from "./Filters";
import { PolicyCard } from "./PolicyCard";
import { RequestRow } from "./RequestRow";
import {
  CLEARED,
  CLOSED,
  changed,
  monthOf,
  requestsSearch,
  type State,
  stateOf,
  toQuery,
} from "./search";
import { useRequestsTexts } from "./texts";

const PLACEHOLDER_ROWS = ["a", "b", "c", "d", "e"];

/** Who asks for more tokens, and what is decided; newest first. */
export function RequestsPage() {
  const t = useRequestsTexts();
  const isManager = useIsManager();
  const { search, update } = useListSearch("/requests", requestsSearch, changed, "all");
  const period = periodDay().slice(0, 7);
  const query = useMemo(() => toQuery(search, period), [search, period]);
  const requests = useRequests(query);
  const state = stateOf(search);
  const first = requests.data?.pages[0];
  const isFiltered = Boolean(search.group?.length);
  return (
    <>
      <ListPage<TokenRequest>
        title={t("title")}
        description={useDescription(state, monthOf(search, period), first?.total, first)}
        filters={<Filters search={search} period={period} onChange={update} />}
        query={requests}
        empty={<None state={state} />}
        none={{ title: t("noneTitle"), text: t("noneText") }}
        onClear={isFiltered ? () => update(CLEARED) : undefined}
      >
        {(rows) => (
          <ul
            className={cn(
              "divide-y divide-line transition-opacity",
              requests.isPlaceholderData && "opacity-50",
            )}
          >
            {rows
              ? rows.map((request) => (
                  <RequestRow
                    key={request.id}
                    request={request}
                    onDecide={(decision) =>
                      update({ user: request.userId, request: request.id, decision })
                    }
                  />
                ))
              : PLACEHOLDER_ROWS.map((key) => <Waiting key={key} />)}
          </ul>
        )}
      </ListPage>
      {/* After the list: it would move as that comes. */}
      {isManager || requests.isPending ? null : <PolicyCard />}
      <DecideDialog
        chosen={search.user && search.request ? { userId: search.user, id: search.request } : null}
        decision={search.decision}
        known={requests.data?.pages.flatMap((page) => page.items)}
        onDecide={(decision) => update({ decision })}
        onClose={() => update(CLOSED)}
      />
    </>
  );
}

function useDescription(
  state: State,
  month: string | undefined,
  total: number | null | undefined,
  page: object | undefined,
): string | undefined {
  const t = useRequestsTexts();
  const format = useFormat();
  if (state !== "pending") return t(`ofMonth_${state}`, { month: format.month(month ?? "") });
  if (page === undefined) return undefined;
  return total == null
    ? t("waitingMany")
    : t("waiting", { count: total, shown: format.integer(total) });
}

function Waiting() {
  return (
    <li className="flex items-center gap-6 px-5 py-4">
      <div className="flex-1">
        <Skeleton className="mb-2 h-5 w-52 max-w-full" />
        <Skeleton className="mb-2 h-4 w-72 max-w-full" />
        <Skeleton className="h-4 w-60 max-w-full" />
      </div>
      <Skeleton className="hidden h-8 w-60 md:block" />
      <Skeleton className="h-8 w-36" />
    </li>
  );
}

function None({ state }: { state: State }) {
  const t = useRequestsTexts();
  return state === "pending" ? (
    <Empty icon={<Inbox />} title={t("emptyPending")}>
      {t("emptyPendingText")}
    </Empty>
  ) : (
    <Empty icon={<Hourglass />} title={t("empty")} />
  );
}

import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import type { AlertQuery } from "./search";

export type Alert = Model<"AlertOut">;
type Page = Model<"Page_AlertOut_">;

const PAGE_ALERTS = 25;
const LIVE_MILLISECONDS = 8_000;
/** Of 500 alerts each; nobody has more open than that. */
const MOST_CALLS = 40;
const LIST = ["alerts", "list"];

/** Alerts page after page, newest first. */
export function useAlerts(query: AlertQuery) {
  return useInfiniteQuery({
    queryKey: [...LIST, query],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/alerts", {
          params: {
            query: { ...query, limit: PAGE_ALERTS, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MILLISECONDS,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** A list without an alert, and one fewer in its total. */
export function without(
  data: InfiniteData<Page, string | null>,
  id: string,
): InfiniteData<Page, string | null> {
  const isThere = data.pages.some((page) => page.items.some((one) => one.id === id));
  if (!isThere) return data;
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      items: page.items.filter((one) => one.id !== id),
      ...(page.total == null ? {} : { total: page.total - 1 }),
    })),
  };
}

/**
 * Resolves an alert; it leaves the open ones at once and comes back if the server refuses.
 *
 * What is to be said comes with the hook, not with the call: by then its row may be gone.
 */
export function useResolve(
  query: AlertQuery,
  say: { onDone: (id: string) => void; onRefused: (error: Error) => void },
) {
  const queries = useQueryClient();
  const key = [...LIST, query];
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        api().POST("/admin/alerts/{alert_id}/resolve", { params: { path: { alert_id: id } } }),
      ),
    onMutate: async (id) => {
      await queries.cancelQueries({ queryKey: LIST });
      const before = queries.getQueryData<InfiniteData<Page, string | null>>(key);
      if (before && query.state === "open") queries.setQueryData(key, without(before, id));
      return { before };
    },
    onSuccess: (_answer, id) => say.onDone(id),
    onError: (error, _id, context) => {
      if (context?.before) queries.setQueryData(key, context.before);
      say.onRefused(error);
    },
    onSettled: () => refreshed(queries),
  });
}

/** Takes back that an alert was resolved; its row may be gone by then, so it says so itself. */
export function useReopen(say: { onDone: () => void; onRefused: (error: Error) => void }) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api().POST("/admin/alerts/{alert_id}/reopen", { params: { path: { alert_id: id } } })),
    onSuccess: say.onDone,
    onError: say.onRefused,
    onSettled: () => refreshed(queries),
  });
}

function refreshed(queries: ReturnType<typeof useQueryClient>): void {
  for (const key of ["alerts", "stats", "audit", "user"]) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}

/** Resolves all that match, call after call; says how many are left on the way. */
export function useResolveAll(onRemaining: (remaining: number) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Model<"ResolveAll">) => {
      let resolved = 0;
      let remaining = 0;
      for (let call = 0; call < MOST_CALLS; call += 1) {
        const answer = await unwrap(api().POST("/admin/alerts/resolve-all", { body }));
        resolved += answer.resolved;
        remaining = answer.remaining;
        onRemaining(remaining);
        // Nothing moved: asking again would not help.
        if (remaining === 0 || answer.resolved === 0) break;
      }
      return { resolved, remaining };
    },
    onSettled: () => refreshed(queries),
  });
}

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { FIRST_ERROR } from "@/shared/ui/statusTone";

/** New usage is to show within five seconds. */
const LIVE_MILLISECONDS = 4_000;
const PAGE_ROWS = 25;

const pathOf = (id: string) => ({ path: { user_id: id } });

/** Who is gone, or an address that is none, needs no asking again. */
const unlessMissing = (query: { state: { error: Error | null } }) =>
  query.state.error instanceof ApiError && query.state.error.status < 500
    ? false
    : LIVE_MILLISECONDS;

export function useUser(id: string) {
  return useQuery({
    queryKey: ["user", id],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users/{user_id}", { params: pathOf(id), signal })),
    refetchInterval: unlessMissing,
  });
}

export function useUserStats(id: string) {
  return useQuery({
    queryKey: ["user", id, "stats"],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users/{user_id}/stats", { params: pathOf(id), signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

export function useForecast(id: string) {
  return useQuery({
    queryKey: ["user", id, "forecast"],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users/{user_id}/forecast", { params: pathOf(id), signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

/** Live while only the first page is shown; further pages would move under the reader. */
const liveOnFirst = (query: { state: { data: { pages: unknown[] } | undefined } }) =>
  (query.state.data?.pages.length ?? 0) > 1 ? (false as const) : LIVE_MILLISECONDS;

const FAILED = { statusFrom: FIRST_ERROR };

export function useRequests(id: string, onlyFailed: boolean) {
  return useInfiniteQuery({
    queryKey: ["user", id, "requests", onlyFailed],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/users/{user_id}/usage", {
          params: {
            ...pathOf(id),
            query: {
              limit: PAGE_ROWS,
              ...(onlyFailed ? FAILED : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: liveOnFirst,
  });
}

/** What the gateway refused in the last 30 days; told some seconds later. */
export function useRefusals(id: string) {
  return useQuery({
    queryKey: ["user", id, "refusals"],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users/{user_id}/refusals", { params: pathOf(id), signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

export function useTransactions(id: string) {
  return useInfiniteQuery({
    queryKey: ["user", id, "transactions"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/users/{user_id}/transactions", {
          params: {
            ...pathOf(id),
            query: { limit: PAGE_ROWS, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: liveOnFirst,
  });
}

/** What a user's additional tokens are made of, with their sum as of the same moment. */
export function useGrants({ id, additionalTokens }: Model<"UserOut">) {
  return useQuery({
    queryKey: ["user", id, "grants"],
    queryFn: async ({ signal }) => {
      const [user, grants] = await Promise.all([
        unwrap(api().GET("/admin/users/{user_id}", { params: pathOf(id), signal })),
        unwrap(api().GET("/admin/users/{user_id}/grants", { params: pathOf(id), signal })),
      ]);
      return { additionalTokens: user.additionalTokens, items: grants.items };
    },
    enabled: additionalTokens !== 0,
    refetchInterval: LIVE_MILLISECONDS,
  });
}

export function useMonths(id: string) {
  return useQuery({
    queryKey: ["user", id, "months"],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users/{user_id}/periods", { params: pathOf(id), signal })),
  });
}

/** Gives up an address that the user had before. */
export function useReleaseAlias(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (email: string) =>
      unwrap(
        api().DELETE("/admin/users/{user_id}/aliases/{email}", {
          params: { path: { user_id: id, email } },
        }),
      ),
    onSettled: () => {
      for (const key of ["user", "users", "audit"]) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
    },
  });
}

const alertsKey = (id: string) => ["alerts", "user", id];

export function useUserAlerts(id: string) {
  return useQuery({
    queryKey: alertsKey(id),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/alerts", { params: { query: { userId: id, limit: 50 } }, signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

/** Takes back that an alert was resolved. */
export function useReopenAlert() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (alertId: string) =>
      unwrap(
        api().POST("/admin/alerts/{alert_id}/reopen", { params: { path: { alert_id: alertId } } }),
      ),
    onSettled: () => {
      for (const key of ["alerts", "user", "stats"]) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
    },
  });
}

/** Resolves an alert; it shows as resolved at once, and open again if the server refuses. */
export function useResolveAlert(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (alertId: string) =>
      unwrap(
        api().POST("/admin/alerts/{alert_id}/resolve", {
          params: { path: { alert_id: alertId } },
        }),
      ),
    onMutate: async (alertId) => {
      await queries.cancelQueries({ queryKey: alertsKey(id) });
      const before = queries.getQueryData<Model<"Page_AlertOut_">>(alertsKey(id));
      if (before) {
        const resolvedAt = new Date().toISOString();
        const items = before.items.map((one) =>
          one.id === alertId ? { ...one, resolvedAt } : one,
        );
        queries.setQueryData(alertsKey(id), { ...before, items });
      }
      return { before };
    },
    onError: (_error, _alertId, context) => {
      if (context?.before) queries.setQueryData(alertsKey(id), context.before);
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["alerts"] });
      void queries.invalidateQueries({ queryKey: ["stats"] });
    },
  });
}

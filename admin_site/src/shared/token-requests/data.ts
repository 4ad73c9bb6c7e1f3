import { type QueryClient, useQuery } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

export type TokenRequest = Model<"TokenRequestOut">;

const LIVE_MILLISECONDS = 15_000;
/** Nobody asks more often in 400 days: after a no there is a pause, and one is open at a time. */
const MOST_OF_A_USER = 100;
const SERVER_ERROR = 500;

/** A user's requests for tokens, newest first. */
export function useRequestsOf(userId: string, isWanted = true) {
  return useQuery({
    queryKey: ["user", userId, "token-requests"],
    enabled: isWanted,
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/users/{user_id}/requests", {
          params: { path: { user_id: userId }, query: { limit: MOST_OF_A_USER } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.error instanceof ApiError && state.error.status < SERVER_ERROR
        ? false
        : LIVE_MILLISECONDS,
  });
}

/** Everything that a decision may have touched. */
export function requestDecided(queries: QueryClient): void {
  for (const key of ["token-requests", "users", "user", "alerts", "audit", "stats", "reports"]) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}

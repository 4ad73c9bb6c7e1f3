import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { requestDecided, type TokenRequest } from "@/shared/token-requests/data";
import type { RequestQuery } from "./search";

export type Policy = Model<"RequestPolicyOut">;

const PAGE_REQUESTS = 25;
const LIVE_MILLISECONDS = 15_000;
const CONFLICT = 409;
const POLICY = ["token-requests", "policy"];

/** Whether somebody else was quicker. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === CONFLICT;
}

/** Requests page after page, newest first. */
export function useRequests(query: RequestQuery) {
  return useInfiniteQuery({
    queryKey: ["token-requests", "list", query],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/requests", {
          params: {
            query: { ...query, limit: PAGE_REQUESTS, ...(pageParam ? { cursor: pageParam } : {}) },
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

/** What a person has been granted already; asked for only where that is something. */
export function useGrantsOf({ userId, additionalTokens }: TokenRequest) {
  return useQuery({
    queryKey: ["user", userId, "grants", "of-request"],
    enabled: additionalTokens !== 0,
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/users/{user_id}/grants", {
          params: { path: { user_id: userId } },
          signal,
        }),
      ),
  });
}

const pathOf = ({ userId, id }: TokenRequest) => ({
  params: { path: { user_id: userId, request_id: id } },
});

export function useApprove(request: TokenRequest) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Model<"ApproveRequest">) =>
      unwrap(
        api().POST("/admin/users/{user_id}/requests/{request_id}/approve", {
          ...pathOf(request),
          body,
        }),
      ),
    onSettled: () => requestDecided(queries),
  });
}

export function useDeny(request: TokenRequest) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Model<"DenyRequest">) =>
      unwrap(
        api().POST("/admin/users/{user_id}/requests/{request_id}/deny", {
          ...pathOf(request),
          body,
        }),
      ),
    onSettled: () => requestDecided(queries),
  });
}

const policyQuery = {
  queryKey: POLICY,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    unwrap(api().GET("/admin/requests/policy", { signal })),
};

export function usePolicy() {
  return useQuery(policyQuery);
}

/** Changes the policy; after a conflict `newest` gets the one that is in force by now. */
export function useChangePolicy() {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (body: Model<"RequestPolicyIn">) =>
      unwrap(api().PUT("/admin/requests/policy", { body })),
    onSuccess: (policy) => queries.setQueryData(POLICY, policy),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["audit"] }),
  });
  return { change, newest: () => queries.fetchQuery({ ...policyQuery, staleTime: 0 }) };
}

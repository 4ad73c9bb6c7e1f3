import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { useMaySee } from "@/shared/hooks/session";

const LIVE_MILLISECONDS = 20_000;
const REQUESTS_MILLISECONDS = 60_000;

export interface Waiting {
  alerts: number;
  people: number;
  /** Requests for tokens; null: more than the API counts. */
  requests: number | null;
}

/**
 * How many open alerts, people without approval, and requests for tokens wait: the navigation's
 * badges.
 */
export function useWaiting(): Waiting {
  const seesAll = useMaySee("/");
  const seesRequests = useMaySee("/requests");
  const stats = useQuery({
    queryKey: ["stats"],
    enabled: seesAll,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/stats", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
  const requests = useQuery({
    queryKey: ["token-requests", "waiting"],
    enabled: seesRequests,
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/requests", { params: { query: { limit: 1 } }, signal })),
    refetchInterval: REQUESTS_MILLISECONDS,
  });
  return {
    alerts: stats.data?.openAlerts ?? 0,
    people: stats.data?.users.pending ?? 0,
    requests: requests.data ? (requests.data.total ?? null) : 0,
  };
}

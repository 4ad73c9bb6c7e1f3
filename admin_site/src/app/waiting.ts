import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { useMaySee } from "@/shared/hooks/session";

const LIVE_MILLISECONDS = 20_000;

/** How many open alerts, and people without approval, wait for an admin: the navigation's badges. */
export function useWaiting(): { alerts: number; people: number } {
  const seesAll = useMaySee("/");
  const stats = useQuery({
    queryKey: ["stats"],
    enabled: seesAll,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/stats", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
  return { alerts: stats.data?.openAlerts ?? 0, people: stats.data?.users.pending ?? 0 };
}

import { useQuery } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { siteConfig } from "@/shared/api/config";
import { besideApi, type HealthReport, healthReport } from "./health";

const LIVE_MILLISECONDS = 10_000;
/** The server's own checks take two seconds at most. */
const HEALTH_MILLISECONDS = 8_000;

export function useSettings() {
  return useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/settings", { signal })),
    // What is configured changes with a new start only.
    staleTime: 60_000,
  });
}

/** What the last reconciliation found; it runs once a month, and by hand. */
export function useReconciliation() {
  return useQuery({
    queryKey: ["reconciliation"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/reconciliation", { signal })),
    refetchInterval: ({ state }) => (state.data?.latest?.finishedAt === null ? 10_000 : false),
  });
}

export function healthUrl(path: "/health/detailed" | "/metrics"): string {
  return besideApi(path, siteConfig().apiBaseUrl, location.href);
}

export function openApiUrl(): string {
  return new URL(`${siteConfig().apiBaseUrl}/openapi.json`, location.href).href;
}

/** Open to everybody, so no token is sent; 503 brings a report too: of what is down. */
async function readHealth(signal: AbortSignal): Promise<HealthReport> {
  let answer: Response;
  try {
    answer = await fetch(healthUrl("/health/detailed"), {
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MILLISECONDS)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, {});
  }
  const parsed = healthReport.safeParse(await answer.json().catch(() => null));
  if (!parsed.success) throw new ApiError(answer.ok ? 0 : answer.status, {});
  return parsed.data;
}

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => readHealth(signal),
    refetchInterval: LIVE_MILLISECONDS,
    // The next look is ten seconds away: asking twice in between would only hide how it is.
    retry: false,
  });
}

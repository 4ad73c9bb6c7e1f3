import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

/** The plans' limits and the bounds of a user's own; undefined while they are on their way. */
export function useQuotaSettings(): Model<"QuotaOut"> | undefined {
  return useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/settings", { signal })),
    staleTime: 300_000,
  }).data?.quota;
}

export function limitOf(
  quota: Model<"QuotaOut"> | undefined,
  plan: Model<"Plan">,
): number | undefined {
  return quota?.plans.find((one) => one.plan === plan)?.monthlyLimit;
}

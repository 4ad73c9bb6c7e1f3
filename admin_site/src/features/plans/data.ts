import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { policyTouched, pollOf } from "@/shared/propagation/bringing";

export type Plans = Model<"PlansOut">;
export type PlanDetail = Model<"PlanDetail">;
export type PlanChange = Partial<Omit<Model<"PlanPreviewIn">, never>>;

/** All plans, and how far the last change has come. */
export function usePlans() {
  return useQuery({
    queryKey: ["plans"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/plans", { signal })),
    refetchInterval: ({ state }) => pollOf(state.data?.propagation),
  });
}

/** Whom a change would reach; nothing is written. */
export function usePreview(plan: PlanDetail["plan"], change: PlanChange | null) {
  return useQuery({
    queryKey: ["plans", "preview", plan, change],
    enabled: change !== null && Object.keys(change).length > 0,
    queryFn: ({ signal }) =>
      unwrap(
        api().POST("/admin/plans/{plan}/preview", {
          params: { path: { plan } },
          body: (change ?? {}) as Model<"PlanPreviewIn">,
          signal,
        }),
      ),
    retry: false,
    gcTime: 0,
  });
}

export function useUpdatePlan(plan: PlanDetail["plan"]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: PlanChange & { version: number; reason: string }) =>
      unwrap(
        api().PUT("/admin/plans/{plan}", {
          params: { path: { plan } },
          body: body as Model<"PlanUpdateIn">,
        }),
      ),
    onSuccess: (answer) => queries.setQueryData(["plans"], answer),
    onSettled: () => policyTouched(queries),
  });
}

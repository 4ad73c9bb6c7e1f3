import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

const LIVE_MILLISECONDS = 15_000;
const RUNNING_MILLISECONDS = 1_000;

export type Plans = Model<"PlansOut">;
export type PlanDetail = Model<"PlanDetail">;
export type PlanChange = Partial<Omit<Model<"PlanPreviewIn">, never>>;

/** All plans, and how far the last change has come. */
export function usePlans() {
  return useQuery({
    queryKey: ["plans"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/plans", { signal })),
    refetchInterval: ({ state }) =>
      state.data?.propagation?.state === "running" ? RUNNING_MILLISECONDS : LIVE_MILLISECONDS,
  });
}

/** Goes on bringing a change to everybody while somebody looks who may. */
export function useBringing(plans: Plans | undefined, canChange: boolean): void {
  const queries = useQueryClient();
  const run = plans?.propagation;
  useQuery({
    queryKey: ["plans", "bringing", run?.startedAt],
    enabled: canChange && run?.state === "running",
    queryFn: async () => {
      const answer = await unwrap(api().POST("/admin/plans/propagation"));
      queries.setQueryData(["plans"], answer);
      if (answer.propagation?.state === "done") touched(queries);
      return answer;
    },
    refetchInterval: RUNNING_MILLISECONDS,
    gcTime: 0,
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
    onSettled: () => touched(queries),
  });
}

function touched(queries: ReturnType<typeof useQueryClient>): void {
  for (const key of ["plans", "settings", "users", "user", "audit", "stats"]) {
    void queries.invalidateQueries({ queryKey: [key], exact: key === "plans" });
  }
}

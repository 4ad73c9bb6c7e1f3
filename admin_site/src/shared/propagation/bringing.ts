import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

const RUNNING_MILLISECONDS = 1_000;
const LIVE_MILLISECONDS = 15_000;

export type Propagation = Model<"PropagationOut">;

/** How often a list that tells of a run is asked for: often while a change is under way. */
export function pollOf(run: Propagation | null | undefined): number {
  return run?.state === "running" ? RUNNING_MILLISECONDS : LIVE_MILLISECONDS;
}

/** Goes on bringing a change of plans or groups to everybody while somebody looks who may. */
export function useBringing(run: Propagation | null | undefined, canChange: boolean): void {
  const queries = useQueryClient();
  useQuery({
    queryKey: ["plans", "bringing", run?.startedAt],
    enabled: canChange && run?.state === "running",
    queryFn: async () => {
      const answer = await unwrap(api().POST("/admin/plans/propagation"));
      queries.setQueryData(["plans"], answer);
      queries.setQueryData<Model<"GroupsOut">>(["groups"], (before) =>
        before ? { ...before, propagation: answer.propagation } : before,
      );
      if (answer.propagation?.state === "done") policyTouched(queries);
      return answer;
    },
    refetchInterval: RUNNING_MILLISECONDS,
    gcTime: 0,
  });
}

/** Everything that a change of a plan or a group may have touched. */
export function policyTouched(queries: ReturnType<typeof useQueryClient>): void {
  for (const key of ["plans", "groups", "settings", "users", "user", "audit", "stats"]) {
    const exact = key === "plans" || key === "groups";
    void queries.invalidateQueries({ queryKey: [key], exact });
  }
}

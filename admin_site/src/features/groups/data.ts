import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { policyTouched } from "@/shared/propagation/bringing";
import type { GroupChange, TermsChange } from "./form";

const pathOf = (id: string) => ({ path: { group_id: id } });

/** Whom a change would reach; nothing is written. */
export function usePreview(id: string, change: TermsChange | null) {
  return useQuery({
    queryKey: ["groups", "preview", id, change],
    enabled: change !== null && Object.keys(change).length > 0,
    queryFn: ({ signal }) =>
      unwrap(
        api().POST("/admin/groups/{group_id}/preview", {
          params: pathOf(id),
          body: change as Model<"GroupTermsIn">,
          signal,
        }),
      ),
    retry: false,
    gcTime: 0,
  });
}

/** Makes a group (`id` null), or changes one that is at a version. */
export function useSaveGroup(id: string | null, version: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: GroupChange & { reason: string }) =>
      id === null
        ? unwrap(api().POST("/admin/groups", { body: body as Model<"GroupCreate"> }))
        : unwrap(
            api().PUT("/admin/groups/{group_id}", {
              params: pathOf(id),
              body: { ...body, version } as Model<"GroupUpdate">,
            }),
          ),
    onSettled: () => policyTouched(queries),
  });
}

/** Takes a group away; its members get what their plans say. */
export function useDeleteGroup() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, hasMembers, reason }: { id: string; hasMembers: boolean; reason: string }) =>
      unwrap(
        api().DELETE("/admin/groups/{group_id}", {
          params: {
            ...pathOf(id),
            query: { ...(hasMembers ? { members: "release" } : {}), ...(reason ? { reason } : {}) },
          },
        }),
      ),
    onSettled: () => policyTouched(queries),
  });
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

/** A last use is noted once a minute at most; asking more often would show nothing new. */
const LIVE_MILLISECONDS = 30_000;

/** Every admin key; there are few, so the list has no pages. */
export function useAdminKeys() {
  return useQuery({
    queryKey: ["adminKeys"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/admin-keys", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

function useTouched() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["adminKeys"] });
    void queries.invalidateQueries({ queryKey: ["audit"] });
  };
}

/** The answer holds the key itself: it is kept nowhere but in the dialog that shows it. */
export function useCreateAdminKey() {
  return useMutation({
    mutationFn: (body: Model<"AdminKeyCreate">) =>
      unwrap(api().POST("/admin/admin-keys", { body })),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useRevokeAdminKey() {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api().POST("/admin/admin-keys/{key_id}/revoke", { params: { path: { key_id: id } } })),
    onSettled: useTouched(),
  });
}

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { type KeysSearch, toQuery } from "./search";

const PAGE_ROWS = 50;
/** A key's last use is noted once a minute at most; asking more often would show nothing new. */
const LIVE_MILLISECONDS = 20_000;

/** One page of keys; the old one stays, faded, while the next is on its way. */
export function useKeys(search: KeysSearch) {
  const query = toQuery(search, PAGE_ROWS);
  return useQuery({
    queryKey: ["keys", query],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/keys", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MILLISECONDS,
  });
}

function useTouched() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["keys"] });
    void queries.invalidateQueries({ queryKey: ["audit"] });
  };
}

/** The answer holds the key itself: it is kept nowhere but in the dialog that shows it. */
export function useCreateKey() {
  return useMutation({
    mutationFn: (body: Model<"KeyCreate">) => unwrap(api().POST("/admin/keys", { body })),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useUpdateKey() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Model<"KeyUpdate"> }) =>
      unwrap(api().PUT("/admin/keys/{key_id}", { params: { path: { key_id: id } }, body })),
    onSettled: useTouched(),
  });
}

export function useRevokeKey() {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api().POST("/admin/keys/{key_id}/revoke", { params: { path: { key_id: id } } })),
    onSettled: useTouched(),
  });
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { toast, toastError } from "@/shared/ui/toast";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";

const KEY = ["channels"];
const LIVE_MILLISECONDS = 20_000;

/** Every channel; there are 20 at most. */
export function useChannels() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/channels", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

/** The last tries of a channel; null: none is looked at. */
export function useHistory(id: string | null) {
  return useQuery({
    queryKey: [...KEY, "history", id],
    enabled: id !== null,
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/channels/{channel_id}/history", { ...at(id ?? ""), signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

function useTouched() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: KEY });
    void queries.invalidateQueries({ queryKey: ["audit"] });
  };
}

const at = (id: string) => ({ params: { path: { channel_id: id } } });

/** The answer holds a webhook's secret: it is kept nowhere but in the dialog that shows it. */
export function useCreateChannel() {
  return useMutation({
    mutationFn: (body: Model<"ChannelCreate">) => unwrap(api().POST("/admin/channels", { body })),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useUpdateChannel() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Model<"ChannelUpdate"> }) =>
      unwrap(api().PUT("/admin/channels/{channel_id}", { ...at(id), body })),
    onSettled: useTouched(),
  });
}

export function useRotateSecret() {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api().POST("/admin/channels/{channel_id}/rotate-secret", at(id))),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useTestChannel() {
  return useMutation({
    mutationFn: (id: string) => unwrap(api().POST("/admin/channels/{channel_id}/test", at(id))),
    onSettled: useTouched(),
  });
}

/** Lets a paused channel get alerts again, and says so. */
export function useResuming() {
  const t = useChannelsTexts();
  const { mutate } = useMutation({
    mutationFn: (id: string) => unwrap(api().POST("/admin/channels/{channel_id}/resume", at(id))),
    onSettled: useTouched(),
  });
  return useCallback(
    ({ id, name }: Channel) =>
      mutate(id, {
        onSuccess: () => toast(t("resumed", { name })),
        onError: (error) => toastError(t("resumeFailed"), error.message),
      }),
    [t, mutate],
  );
}

export function useDeleteChannel() {
  return useMutation({
    mutationFn: (id: string) => unwrap(api().DELETE("/admin/channels/{channel_id}", at(id))),
    onSettled: useTouched(),
  });
}

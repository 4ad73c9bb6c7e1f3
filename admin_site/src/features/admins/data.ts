import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

const LIVE_MILLISECONDS = 30_000;

/** Everybody who may sign in; there are few, so the list has no pages. */
export function useAdmins() {
  return useQuery({
    queryKey: ["admins"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/admins", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

function useTouched() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["admins"] });
    void queries.invalidateQueries({ queryKey: ["audit"] });
  };
}

/** The answer holds a password: it is kept nowhere but in the dialog that shows it. */
export function useCreateAdmin() {
  return useMutation({
    mutationFn: (body: Model<"AdminCreate">) => unwrap(api().POST("/admin/admins", { body })),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useResetPassword() {
  return useMutation({
    mutationFn: (email: string) =>
      unwrap(api().POST("/admin/admins/{email}/reset-password", { params: { path: { email } } })),
    gcTime: 0,
    onSettled: useTouched(),
  });
}

export function useUpdateAdmin() {
  return useMutation({
    mutationFn: ({ email, body }: { email: string; body: Model<"AdminUpdate"> }) =>
      unwrap(api().PUT("/admin/admins/{email}", { params: { path: { email } }, body })),
    onSettled: useTouched(),
  });
}

export function useRemoveAdmin() {
  return useMutation({
    mutationFn: (email: string) =>
      unwrap(api().DELETE("/admin/admins/{email}", { params: { path: { email } } })),
    onSettled: useTouched(),
  });
}

/** The refusal to leave nobody who may change things. */
export function isLastAdmin(error: unknown): boolean {
  return error instanceof ApiError && error.code === "last_admin";
}

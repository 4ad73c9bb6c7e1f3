import { useSyncExternalStore } from "react";
import { type SignedIn, signedIn, subscribe } from "@/shared/api/session";

/** Who is signed in; null when nobody is. */
export function useSignedIn(): SignedIn | null {
  return useSyncExternalStore(subscribe, signedIn);
}

/** Whether the person may change things; a viewer is shown no button that would be refused. */
export function useCanChange(): boolean {
  return useSignedIn()?.role === "admin";
}

import { useSyncExternalStore } from "react";
import { maySee } from "@/shared/access";
import { type SignedIn, signedIn, subscribe } from "@/shared/api/session";

/** Who is signed in; null when nobody is. */
export function useSignedIn(): SignedIn | null {
  return useSyncExternalStore(subscribe, signedIn);
}

/** Whether the person may change things; others are shown no button that would be refused. */
export function useCanChange(): boolean {
  return useSignedIn()?.role === "admin";
}

/** Whether the person manages groups, and changes a little of their members, but nothing else. */
export function useIsManager(): boolean {
  return useSignedIn()?.role === "manager";
}

/** Whether the person sees a page: what leads to others is not shown. */
export function useMaySee(page: string): boolean {
  return maySee(useSignedIn()?.role, page);
}

import { useCanChange, useIsManager, useSignedIn } from "@/shared/hooks/session";
import type { TokenRequest } from "@/shared/token-requests/data";

/** Whether the person decides a request; managers do not of themselves. */
export function useMayDecide(
  request: Pick<TokenRequest, "email">,
): "yes" | "read-only" | "oneself" {
  const canChange = useCanChange();
  const isManager = useIsManager();
  const isOneself = useSignedIn()?.email === request.email;
  if (canChange) return "yes";
  if (!isManager) return "read-only";
  return isOneself ? "oneself" : "yes";
}

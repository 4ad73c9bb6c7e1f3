import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { newId } from "@/shared/api/ids";
import type { Model } from "@/shared/api/types";
import { format } from "@/shared/format";
import { toast, toastError } from "@/shared/ui/toast";
import { actionText } from "./actionTexts";
import { type Change, inverse, optimistic, send } from "./changes";

type User = Model<"UserOut">;
type Detail = Model<"UserDetail">;

/** Shows a user as a change has answered; what the answer does not tell stays as it was. */
export function show(queries: QueryClient, after: User): void {
  queries.setQueryData<Detail>(["user", after.id], (before) => ({
    mailSuppression: null,
    mergedFrom: [],
    mergedInto: null,
    dailyLimit: null,
    dailyLimitTokens: null,
    dayUsed: null,
    dayAvailable: null,
    dayLifted: false,
    ...before,
    // Why the status is another one, only the user's own answer tells.
    statusChange: before?.status === after.status ? before.statusChange : null,
    ...after,
  }));
}

/** Everything that a change of a user may have touched. */
export function refreshUsers(queries: QueryClient): void {
  for (const key of ["users", "user", "alerts", "audit", "stats", "reports", "token-requests"]) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}

/**
 * Changes one user; says what happened and offers the way back.
 *
 * Errors are left to the caller: a form shows them at its fields.
 */
export function useChange(user: User) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => send(user.id, change, newId()),
    onMutate: async (change) => {
      await queries.cancelQueries({ queryKey: ["user", user.id], exact: true });
      const before = queries.getQueryData<User>(["user", user.id]) ?? user;
      queries.setQueryData(["user", user.id], optimistic(before, change));
      return { before };
    },
    onError: (_error, _change, context) => {
      if (context) queries.setQueryData(["user", user.id], context.before);
    },
    onSuccess: (after, change, { before }) => {
      show(queries, after);
      const back = inverse(before, change, actionText("undoReason"));
      toast(
        said(change, before, after),
        back === null ? {} : { undo: () => void undo(queries, user.id, back) },
      );
    },
    onSettled: () => refreshUsers(queries),
  });
}

async function undo(queries: QueryClient, userId: string, change: Change): Promise<void> {
  try {
    show(queries, await send(userId, change, newId()));
    toast(actionText("undone"));
  } catch (error) {
    toastError(actionText("undoFailed"), error instanceof Error ? error.message : "");
  } finally {
    refreshUsers(queries);
  }
}

function said(change: Change, before: User, after: User): string {
  const name = before.name || before.email;
  switch (change.kind) {
    case "suspend":
      return actionText("suspended", { name });
    case "activate":
      return actionText("activated", { name });
    case "edit":
    case "daily":
      return actionText("edited", { name });
    case "lift":
      return actionText("dayLifted", { name });
    case "reset":
      return actionText("resetDone", { name, tokens: format().integer(before.currentUsage) });
    case "tokens":
      return actionText(change.amount < 0 ? "tokensTaken" : "tokensAdded", {
        name,
        tokens: format().integer(Math.abs(change.amount)),
      });
    case "void":
    case "takeBack":
      return actionText("grantVoided", {
        tokens: format().integer(before.additionalTokens - after.additionalTokens),
      });
  }
}

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { toast, toastError } from "@/shared/ui/toast";
import { actionText } from "../actionTexts";
import { refreshUsers } from "../useChange";
import { type BulkChange, type BulkOutcome, type BulkStep, inverseSteps, runBulk } from "./bulk";

/** Changes the selected users; `asked` counts along. Says what was done and offers it back. */
export function useBulk(known: ReadonlyMap<string, Model<"UserOut">>) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(0);
  const mutation = useMutation({
    mutationFn: async ({ userIds, change }: { userIds: string[]; change: BulkChange }) => {
      setAsked(0);
      const before = new Map(known);
      return { before, outcome: await runBulk([{ userIds, change }], setAsked) };
    },
    onSuccess: ({ before, outcome }, { change }) => {
      if (outcome.done.length === 0) return;
      const back = inverseSteps(change, outcome.done, before, actionText("undoReason"));
      toast(
        actionText(`bulkDone_${change.action}`, { count: outcome.done.length }),
        back === null ? {} : { undo: () => void undoBulk(queries, back) },
      );
    },
    onError: (error) => toastError(actionText("failed"), error.message),
    onSettled: () => refreshUsers(queries),
  });
  return { mutation, asked };
}

async function undoBulk(queries: QueryClient, steps: readonly BulkStep[]): Promise<void> {
  const outcome: BulkOutcome = await runBulk(steps);
  const done = outcome.done.length;
  const failed = outcome.failed.length;
  if (failed === 0) toast(actionText("bulkUndone", { count: done }));
  else toastError(actionText("undoFailed"), actionText("bulkUndoPart", { done, failed }));
  refreshUsers(queries);
}

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Model } from "@/shared/api/types";
import { format } from "@/shared/format";
import { toast, toastError } from "@/shared/ui/toast";
import { actionText } from "../actionTexts";
import { refreshUsers } from "../useChange";
import { type BulkChange, type BulkOutcome, type BulkStep, inverseSteps, runBulk } from "./bulk";

/** Changes the selected users; `asked` counts along. Says what was done and offers it back. */
export function useBulk(known: ReadonlyMap<string, Model<"UserOut">>) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(0);
  const [isStopping, setStopping] = useState(false);
  const isStopped = useRef(false);
  const mutation = useMutation({
    mutationFn: async ({ userIds, change }: { userIds: string[]; change: BulkChange }) => {
      setAsked(0);
      setStopping(false);
      isStopped.current = false;
      const before = new Map(known);
      const watch = { onProgress: setAsked, isStopped: () => isStopped.current };
      return { before, outcome: await runBulk([{ userIds, change }], watch) };
    },
    onSuccess: ({ before, outcome }, { change }) => {
      if (outcome.done.length === 0) return;
      const back = inverseSteps(change, outcome.done, before, actionText("undoReason"));
      toast(
        actionText(`bulkDone_${change.action}`, counted(outcome.done.length)),
        back === null ? {} : { undo: () => void undoBulk(queries, back) },
      );
    },
    onError: (error) => toastError(actionText("failed"), error.message),
    onSettled: () => refreshUsers(queries),
  });
  /** Asks for nobody more; the hundred under way are waited for. */
  const stop = () => {
    isStopped.current = true;
    setStopping(true);
  };
  return { mutation, asked, stop, isStopping };
}

function counted(count: number) {
  return { count, shown: format().integer(count) };
}

async function undoBulk(queries: QueryClient, steps: readonly BulkStep[]): Promise<void> {
  const outcome: BulkOutcome = await runBulk(steps);
  const done = outcome.done.length;
  const failed = outcome.failed.length + outcome.left.length;
  if (failed === 0) toast(actionText("bulkUndone", counted(done)));
  else toastError(actionText("undoFailed"), actionText("bulkUndoPart", { done, failed }));
  refreshUsers(queries);
}

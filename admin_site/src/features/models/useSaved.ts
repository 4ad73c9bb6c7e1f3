import { toast, toastError } from "@/shared/ui/toast";
import { isConflict, useChangeWeights } from "./data";
import { type Table, wireOf } from "./form";
import { useModelsTexts } from "./texts";

/** Says what was saved, with a way back to the table before it. */
export function useSaved() {
  const t = useModelsTexts();
  const change = useChangeWeights();
  return (message: string, before: Table, after: Table) => {
    if (after.version === before.version) {
      toast(t("savedNothing"));
      return;
    }
    const back = {
      weights: wireOf(before.entries),
      version: after.version,
      reason: t("undoReason"),
    };
    toast(message, {
      undo: () =>
        change.mutate(back, {
          onSuccess: () => toast(t("undone")),
          onError: (error) =>
            toastError(t("undoFailed"), isConflict(error) ? t("undoLate") : error.message),
        }),
    });
  };
}

import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { useActionTexts } from "../actionTexts";
import type { BulkOutcome } from "./bulk";

/** Who was not changed, and why. */
export function BulkFailures({
  outcome,
  known,
  onKeep,
  onClose,
}: {
  outcome: BulkOutcome;
  known: ReadonlyMap<string, Model<"UserOut">>;
  onKeep: () => void;
  onClose: () => void;
}) {
  const t = useActionTexts();
  const done = outcome.done.length;
  return (
    <div>
      <div role="status">
        <p className="font-medium text-warning">
          {t(done === 0 ? "bulkNoneTitle" : "bulkPartTitle")}
        </p>
        <p className="mt-0.5 mb-3 text-ink-soft">
          {t("bulkPart", { done, count: outcome.failed.length })}
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div className="max-h-[40dvh] overflow-y-auto rounded-xl border border-line" tabIndex={0}>
        <ul className="divide-y divide-line">
          {outcome.failed.map((one) => {
            const user = known.get(one.userId);
            return (
              <li key={one.userId} className="px-4 py-2.5">
                <p className="truncate font-medium">
                  {user ? user.name || user.email : t("unknownUser")}
                </p>
                <p className="text-[0.8125rem] text-danger">{one.message || t("failed")}</p>
              </li>
            );
          })}
        </ul>
      </div>
      <DialogActions>
        <Button onClick={onClose}>{t("close")}</Button>
        <Button variant="primary" onClick={onKeep}>
          {t("bulkKeepFailed")}
        </Button>
      </DialogActions>
    </div>
  );
}

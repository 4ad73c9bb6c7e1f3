import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { useActionTexts } from "../actionTexts";
import type { BulkOutcome } from "./bulk";

/** Of each reason so many people are named. */
const MOST_NAMED = 50;

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
  const format = useFormat();
  const counted = (count: number) => ({ count, shown: format.integer(count) });
  const done = outcome.done.length;
  const failed = outcome.failed.length;
  const left = outcome.left.length;
  return (
    <div>
      <div role="status">
        <p className="font-medium text-warning">
          {t(done === 0 ? "bulkNoneTitle" : "bulkPartTitle")}
        </p>
        <p className="mt-0.5 mb-3 text-ink-soft">
          {failed > 0
            ? t("bulkPart", { ...counted(failed), done: format.integer(done) })
            : t("bulkDoneSome", counted(done))}
          {left > 0 ? ` ${t("bulkLeft", counted(left))}` : null}
        </p>
      </div>
      {failed > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <div className="max-h-[40dvh] overflow-y-auto rounded-xl border border-line" tabIndex={0}>
          {byReason(outcome).map(([message, ids]) => (
            <section key={message} className="border-line border-b last:border-b-0">
              <p className="px-4 pt-2.5 text-[0.8125rem] text-danger">
                {message || t("failed")}
                {ids.length > 1 ? (
                  <span className="ml-2 text-ink-soft">{t("bulkReason", counted(ids.length))}</span>
                ) : null}
              </p>
              <ul className="px-4 pt-1 pb-2.5">
                {ids.slice(0, MOST_NAMED).map((id) => {
                  const user = known.get(id);
                  return (
                    <li key={id} className="truncate font-medium">
                      {user ? user.name || user.email : t("unknownUser")}
                    </li>
                  );
                })}
                {ids.length > MOST_NAMED ? (
                  <li className="text-ink-soft">
                    {t("bulkMoreFailed", { shown: format.integer(ids.length - MOST_NAMED) })}
                  </li>
                ) : null}
              </ul>
            </section>
          ))}
        </div>
      ) : null}
      <DialogActions>
        <Button onClick={onClose}>{t("close")}</Button>
        <Button variant="primary" onClick={onKeep}>
          {t("bulkKeepFailed")}
        </Button>
      </DialogActions>
    </div>
  );
}

/** The same words once, with all of whom they are true; the most frequent first. */
function byReason({ failed }: BulkOutcome): [string, string[]][] {
  const reasons = new Map<string, string[]>();
  for (const { userId, message } of failed) {
    const ids = reasons.get(message) ?? [];
    ids.push(userId);
    reasons.set(message, ids);
  }
  return [...reasons].sort(([, one], [, other]) => other.length - one.length);
}

import { CircleCheck, TriangleAlert } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Lines } from "./Lines";
import { useImportTexts } from "./texts";

export function Progress({ done, total }: { done: number; total: number }) {
  const t = useImportTexts();
  const format = useFormat();
  const text = t("running", { done: format.integer(done), total: format.integer(total) });
  return (
    <div className="py-10">
      <p role="status" className="mb-3 text-center font-medium">
        {text}
      </p>
      <progress
        className="block h-2 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-brand [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:bg-brand [&::-webkit-progress-value]:transition-all"
        aria-label={text}
        value={done}
        max={Math.max(1, total)}
      />
    </div>
  );
}

/** What an import did; lines that failed are named. */
export function Result({
  results,
  onClose,
}: {
  results: Model<"ImportResults">;
  onClose: () => void;
}) {
  const t = useImportTexts();
  const format = useFormat();
  const counted = (count: number) => ({ count, shown: format.integer(count) });
  const failed = results.results.filter((one) => one.action === "error");
  return (
    <div>
      <div className="flex items-center gap-3.5 py-3">
        {failed.length === 0 ? (
          <CircleCheck className="size-8 shrink-0 text-ok" aria-hidden />
        ) : (
          <TriangleAlert className="size-8 shrink-0 text-warning" aria-hidden />
        )}
        <div role="status">
          <p className="font-medium text-base">{t("doneTitle")}</p>
          <p className="text-ink-soft">
            {t("doneText", {
              created: t("created", counted(results.created)),
              updated: t("updated", counted(results.updated)),
              failed: t("failed", counted(results.failed)),
            })}
          </p>
        </div>
      </div>
      {failed.length > 0 ? <Lines lines={failed} /> : null}
      <DialogActions>
        <Button variant="primary" onClick={onClose}>
          {t("close")}
        </Button>
      </DialogActions>
    </div>
  );
}

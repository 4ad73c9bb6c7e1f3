import { CheckCheck } from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { toast, toastError } from "@/shared/ui/toast";
import { useResolveAll } from "./data";
import { useAlertsTexts } from "./texts";

/** Resolves everything that is listed, after saying how much that is. */
export function ResolveAll({
  target,
  count,
  isFiltered,
}: {
  target: Model<"ResolveAll">;
  count: number;
  isFiltered: boolean;
}) {
  const t = useAlertsTexts();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const [remaining, setRemaining] = useState<number | null>(null);
  const resolve = useResolveAll(setRemaining);
  const shown = format.integer(count);
  const close = () => {
    setOpen(false);
    setRemaining(null);
  };
  const start = () =>
    resolve.mutate(target, {
      onSuccess: (done) => {
        close();
        const text = t("resolvedAll", {
          count: done.resolved,
          shown: format.integer(done.resolved),
        });
        if (done.remaining === 0) toast(text);
        else toastError(t("resolveAllPartly"), text);
      },
      onError: (error) => {
        close();
        toastError(t("resolveAllPartly"), error.message);
      },
    });
  return (
    <>
      <Button
        icon={<CheckCheck className="size-4" aria-hidden />}
        variant="secondary"
        onClick={() => setOpen(true)}
      >
        {t("resolveAll")}
      </Button>
      <Dialog
        open={isOpen}
        onClose={() => (resolve.isPending ? undefined : close())}
        title={t("resolveAllTitle", { count, shown })}
        description={t("resolveAllText")}
      >
        {isFiltered ? <p className="text-ink-soft">{t("resolveAllFiltered")}</p> : null}
        <p role="status" className="tabular text-ink-soft">
          {remaining ? t("resolvingAll", { remaining: format.integer(remaining) }) : ""}
        </p>
        <DialogActions>
          <Button onClick={close} disabled={resolve.isPending}>
            {t("cancel")}
          </Button>
          <Button variant="primary" busy={resolve.isPending} onClick={start}>
            {t("resolveAll")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

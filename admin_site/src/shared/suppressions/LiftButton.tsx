import { Mail } from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { Button, type ButtonProps } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useLiftSuppression } from "./data";
import { useSuppressionTexts } from "./texts";

/** Lets an address have mail again, after asking; `label` where the text alone does not say whose. */
export function LiftButton({
  email,
  reason,
  label,
  size = "medium",
}: {
  email: string;
  reason: Model<"SuppressionReason">;
  label?: string;
  size?: ButtonProps["size"];
}) {
  const t = useSuppressionTexts();
  const ui = useUiTexts();
  const lift = useLiftSuppression();
  const [isAsking, setAsking] = useState(false);
  const run = () =>
    lift.mutate(email, {
      onSuccess: ({ sesList }) =>
        toast(t(sesList === "unsupported" ? "liftedUnsupported" : "lifted", { email })),
      onError: (error) => toastError(t("failed"), error.message),
      onSettled: () => setAsking(false),
    });
  return (
    <>
      <Button
        size={size}
        aria-label={label}
        icon={<Mail className="size-4" aria-hidden />}
        onClick={() => setAsking(true)}
      >
        {t("lift")}
      </Button>
      <Dialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t("confirmTitle")}
        description={t(`confirm_${reason}`, { email })}
      >
        <p className="text-ink-soft">{t("confirmMissed")}</p>
        <DialogActions>
          <Button onClick={() => setAsking(false)}>{ui("cancel")}</Button>
          <Button variant="primary" busy={lift.isPending} onClick={run}>
            {t("lift")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

import type { Model } from "@/shared/api/types";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useSecret } from "@/shared/ui/SecretShown";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useResetPassword } from "./data";
import { called } from "./form";
import { Issued } from "./Issued";
import { useAdminsTexts } from "./texts";

/** Asks, then gives somebody a generated password, shown once. */
export function ResetDialog({
  admin,
  onClose,
}: {
  admin: Model<"AdminOut"> | null;
  onClose: () => void;
}) {
  const t = useAdminsTexts();
  const ui = useUiTexts();
  const reset = useResetPassword();
  const shown = useLastShown(admin);
  const issued = useSecret<Model<"AdminIssued">>(admin !== null, onClose);
  const name = shown ? called(shown) : "";
  const close = () => {
    if (!reset.isPending) issued.close();
  };
  const submit = () => {
    if (shown === null) return;
    reset.mutate(shown.email, {
      onSuccess: (answer) => issued.show(answer),
      onError: (error) => toastError(t("resetFailed"), error.message),
    });
  };
  return (
    <Dialog
      open={admin !== null}
      onClose={close}
      title={t(issued.secret ? "issuedTitle" : "resetTitle", { name })}
      description={issued.secret ? shown?.email : t("resetText")}
    >
      {issued.secret ? (
        <Issued password={issued.secret.password} once={issued.once} />
      ) : (
        <>
          {shown?.hasPassword === false ? <p className="text-ink-soft">{t("resetOidc")}</p> : null}
          <DialogActions>
            <Button onClick={close} disabled={reset.isPending}>
              {ui("cancel")}
            </Button>
            <Button variant="danger" busy={reset.isPending} onClick={submit}>
              {t("submitReset")}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

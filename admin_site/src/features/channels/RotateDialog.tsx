import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { SecretShown, useSecret } from "@/shared/ui/SecretShown";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useRotateSecret } from "./data";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";

/** Gives a webhook a new secret, and shows it once; `channel` null: closed. */
export function RotateDialog({
  channel,
  onClose,
}: {
  channel: Channel | null;
  onClose: () => void;
}) {
  const t = useChannelsTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const rotate = useRotateSecret();
  const shown = useLastShown(channel);
  const isOpen = channel !== null;
  const { secret: made, show, close, once } = useSecret<Model<"ChannelMade">>(isOpen, onClose);
  const closeIdle = () => rotate.isPending || close();
  const submit = () => {
    if (shown === null) return;
    rotate.mutate(shown.id, {
      onSuccess: show,
      onError: (error) => toastError(t("rotateFailed"), error.message),
    });
  };
  const name = shown?.name ?? "";
  return (
    <Dialog
      open={isOpen}
      onClose={closeIdle}
      title={made ? t("rotatedTitle") : t("rotateTitle", { name })}
      description={
        made
          ? made.oldSecretUntil
            ? t("rotatedText", { name, until: format.dateTime(made.oldSecretUntil) })
            : null
          : t("rotateText")
      }
    >
      {made ? (
        <SecretShown
          label={t("theSecret")}
          value={made.secret ?? ""}
          once={{ ...once, hint: t("secretHint"), done: t("done"), notCopied: t("notCopied") }}
        />
      ) : (
        <DialogActions>
          <Button onClick={closeIdle} disabled={rotate.isPending}>
            {ui("cancel")}
          </Button>
          <Button variant="primary" busy={rotate.isPending} onClick={submit}>
            {t("rotateNow")}
          </Button>
        </DialogActions>
      )}
    </Dialog>
  );
}

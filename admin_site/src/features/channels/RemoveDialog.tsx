import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useDeleteChannel } from "./data";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";

/** Asks before a channel is removed; `channel` null: closed. */
export function RemoveDialog({
  channel,
  onClose,
}: {
  channel: Channel | null;
  onClose: () => void;
}) {
  const t = useChannelsTexts();
  const ui = useUiTexts();
  const remove = useDeleteChannel();
  const shown = useLastShown(channel);
  const submit = () => {
    if (shown === null) return;
    remove.mutate(shown.id, {
      onSuccess: () => {
        onClose();
        toast(t("removed", { name: shown.name }));
      },
      onError: (error) => toastError(t("removeFailed"), error.message),
    });
  };
  return (
    <Dialog
      open={channel !== null}
      onClose={onClose}
      title={t("removeTitle", { name: shown?.name ?? "" })}
      description={t("removeText")}
    >
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button variant="danger" busy={remove.isPending} onClick={submit}>
          {t("removeNow")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

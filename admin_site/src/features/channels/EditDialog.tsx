import { useLastShown } from "@/shared/hooks/shown";
import { Dialog } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { ChannelForm } from "./ChannelForm";
import { useUpdateChannel } from "./data";
import { type Channel, type ChannelValues, toUpdate, valuesOf } from "./form";
import { useChannelsTexts } from "./texts";

/** Changes a channel's terms; `channel` null: closed. */
export function EditDialog({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const t = useChannelsTexts();
  const ui = useUiTexts();
  const change = useUpdateChannel();
  const shown = useLastShown(channel);
  const save = async (values: ChannelValues) => {
    if (shown === null) return;
    const body = toUpdate(shown, values);
    if (Object.keys(body).length === 0) {
      onClose();
      toast(t("savedNothing"));
      return;
    }
    const changed = await change.mutateAsync({ id: shown.id, body });
    onClose();
    toast(t("saved", { name: changed.name }));
  };
  return (
    <Dialog
      open={channel !== null}
      onClose={onClose}
      width="medium"
      title={t("editTitle")}
      description={shown ? t(`kind_${shown.kind}`) : null}
    >
      {shown ? (
        <ChannelForm
          key={shown.id}
          start={valuesOf(shown)}
          address={shown.address}
          submit={ui("save")}
          failed={t("saveFailed")}
          onSave={save}
          onCancel={onClose}
        />
      ) : null}
    </Dialog>
  );
}

import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { SecretShown, useSecret } from "@/shared/ui/SecretShown";
import { toast } from "@/shared/ui/toast";
import { ChannelForm } from "./ChannelForm";
import { useCreateChannel } from "./data";
import { type ChannelValues, newChannel, toCreate } from "./form";
import { useChannelsTexts } from "./texts";

/** Makes a channel; a webhook's secret is shown then, once. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useChannelsTexts();
  const { locale } = useFormat();
  const create = useCreateChannel();
  const [isBusy, setBusy] = useState(false);
  const { secret: made, show, close, once } = useSecret<Model<"ChannelMade">>(open, onClose);
  // A secret that arrives after its dialog is gone would be lost.
  const closeIdle = () => isBusy || close();
  const save = async (values: ChannelValues) => {
    setBusy(true);
    try {
      const channel = await create.mutateAsync(toCreate(values));
      if (channel.secret) return show(channel);
      onClose();
      toast(t("made", { name: channel.name }));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={closeIdle}
      width="medium"
      title={t(made ? "createdTitle" : "createTitle")}
      description={made ? t("createdText", { name: made.name }) : t("createText")}
    >
      {made ? (
        <SecretShown
          label={t("theSecret")}
          value={made.secret ?? ""}
          once={{ ...once, hint: t("secretHint"), done: t("done"), notCopied: t("notCopied") }}
        />
      ) : (
        <ChannelForm
          start={newChannel(locale)}
          submit={t("submitCreate")}
          failed={t("createFailed")}
          onSave={save}
          onCancel={closeIdle}
        />
      )}
    </Dialog>
  );
}

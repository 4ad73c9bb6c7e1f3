import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { SecretShown, useSecret } from "@/shared/ui/SecretShown";
import { CreateForm } from "./CreateForm";
import { HowToUse } from "./HowToUse";
import { useKeysTexts } from "./texts";

/** Makes a key, then shows it: once, so it cannot be closed by a slip before it was copied. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useKeysTexts();
  const [isBusy, setBusy] = useState(false);
  const { secret: created, show, close, once } = useSecret<Model<"CreatedKey">>(open, onClose);
  // A key that arrives after its dialog is gone would be lost.
  const closeIdle = () => isBusy || close();
  return (
    <Dialog
      open={open}
      onClose={closeIdle}
      width="medium"
      title={t(created ? "createdTitle" : "createTitle")}
      description={created ? t("createdText", { name: created.name }) : t("createText")}
    >
      {created ? (
        <SecretShown
          label={t("theKey")}
          value={created.key}
          once={{ ...once, hint: t("keepText"), done: t("done"), notCopied: t("notCopied") }}
        >
          <HowToUse created={created} onCopied={once.onCopied} />
        </SecretShown>
      ) : (
        <CreateForm onCreated={show} onBusy={setBusy} onCancel={closeIdle} />
      )}
    </Dialog>
  );
}

import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { CodeBlock } from "@/shared/ui/CodeBlock";
import { Dialog } from "@/shared/ui/Dialog";
import { SecretShown, useSecret } from "@/shared/ui/SecretShown";
import { CreateForm } from "./CreateForm";
import { keyName } from "./form";
import { useAdminKeysTexts } from "./texts";

/** Makes a key, then shows it: once, so it cannot be closed by a slip before it was copied. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useAdminKeysTexts();
  const [isBusy, setBusy] = useState(false);
  const { secret: issued, show, close, once } = useSecret<Model<"AdminKeyIssued">>(open, onClose);
  // A key that arrives after its dialog is gone would be lost.
  const closeIdle = () => isBusy || close();
  return (
    <Dialog
      open={open}
      onClose={closeIdle}
      width="medium"
      title={issued ? t("createdTitle", { name: keyName(issued.adminKey) }) : t("createTitle")}
      description={t(issued ? "createdText" : "createText")}
    >
      {issued ? (
        <SecretShown
          label={t("theKey")}
          value={issued.key}
          once={{ ...once, hint: t("keepText"), done: t("done"), notCopied: t("notCopied") }}
        >
          <CodeBlock label={t("howTo")} text={example()} />
        </SecretShown>
      ) : (
        <CreateForm onIssued={show} onBusy={setBusy} onCancel={closeIdle} />
      )}
    </Dialog>
  );
}

/** Without the key: a shell would keep it in its history. */
function example(): string {
  return `curl -H "Authorization: Bearer $SOLARIS_ADMIN_KEY" \\\n  ${location.origin}/api/admin/users`;
}

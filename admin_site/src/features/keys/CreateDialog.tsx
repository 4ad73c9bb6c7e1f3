import { useEffect, useState } from "react";
import type { Model } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { CreatedKey } from "./CreatedKey";
import { CreateForm } from "./CreateForm";
import { useKeysTexts } from "./texts";

const CLOSING_MILLISECONDS = 300;

/** Makes a key, then shows it: once, so it cannot be closed by a slip before it was copied. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useKeysTexts();
  const [created, setCreated] = useState<Model<"CreatedKey"> | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isKept, setKept] = useState(false);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    const forget = () => {
      setCreated(null);
      setKept(false);
      setAsking(false);
    };
    if (open) return forget();
    // The dialog fades with what it shows; then the key leaves the memory.
    const timer = setTimeout(forget, CLOSING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [open]);
  const close = () => {
    // A key that arrives after its dialog is gone would be lost.
    if (isBusy) return;
    if (created !== null && !isKept) setAsking(true);
    else onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      width="medium"
      title={t(created ? "createdTitle" : "createTitle")}
      description={created ? t("createdText", { name: created.name }) : t("createText")}
    >
      {created ? (
        <CreatedKey
          created={created}
          isAsking={isAsking}
          onCopied={() => {
            setKept(true);
            setAsking(false);
          }}
          onStay={() => setAsking(false)}
          onDone={onClose}
        />
      ) : (
        <CreateForm onCreated={setCreated} onBusy={setBusy} onCancel={close} />
      )}
    </Dialog>
  );
}

import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useRevokeAdminKey } from "./data";
import { keyName } from "./form";
import { useAdminKeysTexts } from "./texts";

/** Asks before a key is refused for good; `item` null: closed. */
export function RevokeDialog({
  item,
  onClose,
}: {
  item: Model<"AdminKeyOut"> | null;
  onClose: () => void;
}) {
  const t = useAdminKeysTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const revoke = useRevokeAdminKey();
  const key = useLastShown(item);
  const name = key ? keyName(key) : "";
  const submit = () => {
    if (key === null) return;
    revoke.mutate(key.id, {
      onSuccess: () => {
        onClose();
        toast(t("revoked", { name }));
      },
      onError: (error) => toastError(t("revokeFailed"), error.message),
    });
  };
  return (
    <Dialog
      open={item !== null}
      onClose={onClose}
      title={t("revokeTitle", { name })}
      description={t("revokeText")}
    >
      <p className={key?.lastUsedAt ? "font-medium text-danger" : "text-ink-soft"}>
        {key?.lastUsedAt ? t("revokeUsed", { ago: format.ago(key.lastUsedAt) }) : t("revokeUnused")}
      </p>
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button variant="danger" busy={revoke.isPending} onClick={submit}>
          {t("revoke")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

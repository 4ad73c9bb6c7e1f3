import { type FormEvent, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { isLastAdmin, useRemoveAdmin } from "./data";
import { called, isSame } from "./form";
import { LastAdmin } from "./LastAdmin";
import { useAdminsTexts } from "./texts";

/** Asks, by typing the address, before somebody is removed; `admin` null: closed. */
export function RemoveDialog({
  admin,
  own,
  onClose,
}: {
  admin: Model<"AdminOut"> | null;
  own: string | undefined;
  onClose: () => void;
}) {
  const t = useAdminsTexts();
  const shown = useLastShown(admin);
  return (
    <Dialog
      open={admin !== null}
      onClose={onClose}
      title={t("removeTitle", { name: shown ? called(shown) : "" })}
      description={t("removeText")}
    >
      {shown ? (
        <RemoveForm
          key={shown.email}
          admin={shown}
          isOwn={isSame(own, shown.email)}
          onClose={onClose}
        />
      ) : null}
    </Dialog>
  );
}

function RemoveForm({
  admin,
  isOwn,
  onClose,
}: {
  admin: Model<"AdminOut">;
  isOwn: boolean;
  onClose: () => void;
}) {
  const t = useAdminsTexts();
  const ui = useUiTexts();
  const remove = useRemoveAdmin();
  const [typed, setTyped] = useState("");
  const isConfirmed = isSame(typed, admin.email);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isConfirmed) return;
    remove.mutate(admin.email, {
      onSuccess: () => {
        onClose();
        toast(t("removed", { name: called(admin) }));
      },
      onError: (error) => {
        if (!isLastAdmin(error)) toastError(t("removeFailed"), error.message);
      },
    });
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      {isOwn ? <p className="font-medium text-danger">{t("removeOwn")}</p> : null}
      <Field label={t("removeConfirm", { email: admin.email })}>
        <Input
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </Field>
      {isLastAdmin(remove.error) ? <LastAdmin /> : null}
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button type="submit" variant="danger" disabled={!isConfirmed} busy={remove.isPending}>
          {t("submitRemove")}
        </Button>
      </DialogActions>
    </form>
  );
}

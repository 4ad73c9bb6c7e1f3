import { type FormEvent, useState } from "react";
import { useFormat } from "@/shared/format";
import type { Group } from "@/shared/groups/data";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { useDeleteGroup } from "./data";
import { useGroupsTexts } from "./texts";

const MAX_REASON = 500;

/** Asks before a group goes, and says what becomes of its members; `group` null: closed. */
export function DeleteDialog({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const t = useGroupsTexts();
  const shown = useLastShown(group);
  return (
    <Dialog
      open={group !== null}
      onClose={onClose}
      title={t("deleteTitle", { name: shown?.name ?? "" })}
    >
      {shown ? <DeleteForm key={shown.id} group={shown} onClose={onClose} /> : null}
    </Dialog>
  );
}

function DeleteForm({ group, onClose }: { group: Group; onClose: () => void }) {
  const t = useGroupsTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const remove = useDeleteGroup();
  const [reason, setReason] = useState("");
  const count = group.users;
  const counted = { count, shown: format.integer(count) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    remove.mutate(
      { id: group.id, hasMembers: count > 0, reason: reason.trim() },
      {
        onSuccess: () => {
          onClose();
          toast(t("deleted", { name: group.name }));
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      {remove.error ? (
        <p role="alert" className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger">
          {`${t("deleteFailed")}: ${remove.error.message}`}
        </p>
      ) : null}
      {count === 0 ? (
        <p className="text-ink-soft">{t("deleteEmpty")}</p>
      ) : (
        <>
          <p className="font-medium text-danger">{t("deleteMembers", counted)}</p>
          <p className="text-ink-soft">{t("deleteRecords")}</p>
        </>
      )}
      <Field label={t("reason")} optional={ui("optional")} help={t("reasonHelp")}>
        <Textarea
          rows={2}
          maxLength={MAX_REASON}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Field>
      <DialogActions>
        <Button onClick={onClose} disabled={remove.isPending}>
          {ui("cancel")}
        </Button>
        <Button type="submit" variant="danger" busy={remove.isPending}>
          {count === 0 ? t("deleteRun") : t("deleteRunMembers", counted)}
        </Button>
      </DialogActions>
    </form>
  );
}

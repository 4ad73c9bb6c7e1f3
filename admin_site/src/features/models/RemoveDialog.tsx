import { useState } from "react";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { Conflict } from "./Conflict";
import { useSaving } from "./data";
import { type Entry, MAX_REASON, type Table, without } from "./form";
import { PreviewBox } from "./PreviewBox";
import { useModelsTexts } from "./texts";
import { useSaved } from "./useSaved";

interface Props {
  table: Table;
  onClose: () => void;
}

/** Asks before a weight is removed; `entry` null: closed. */
export function RemoveDialog({ entry, ...props }: Props & { entry: Entry | null }) {
  const t = useModelsTexts();
  const shown = useLastShown(entry);
  return (
    <Dialog
      open={entry !== null}
      onClose={props.onClose}
      width="medium"
      title={t("removeTitle", { name: shown?.name ?? "" })}
      description={t("removeText")}
    >
      {shown ? <RemoveForm entry={shown} {...props} /> : null}
    </Dialog>
  );
}

function RemoveForm({ entry, table, onClose }: Props & { entry: Entry }) {
  const t = useModelsTexts();
  const ui = useUiTexts();
  const saved = useSaved();
  const { base, conflicts, save, isSaving } = useSaving(table);
  const [reason, setReason] = useState("");
  const next = without(base.entries, entry.name);
  const submit = async () => {
    try {
      const after = await save(next, reason.trim());
      if (after === null) return;
      onClose();
      saved(t("removed", { name: entry.name }), base, after);
    } catch (error) {
      toastError(t("saveFailed"), error instanceof Error ? error.message : undefined);
    }
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <PreviewBox weights={next} />
      <Field label={t("reason")} optional={ui("optional")}>
        <Input
          autoComplete="off"
          maxLength={MAX_REASON}
          placeholder={t("reasonPlaceholder")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Field>
      {conflicts > 0 ? (
        <Conflict
          key={conflicts}
          name={entry.name}
          before={entry}
          now={base.entries.find((one) => one.name === entry.name) ?? null}
        />
      ) : null}
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button type="submit" variant="danger" busy={isSaving}>
          {t("submitRemove")}
        </Button>
      </DialogActions>
    </form>
  );
}

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useWeightTexts } from "@/shared/weights/texts";
import { weightText } from "@/shared/weights/words";
import { Conflict } from "./Conflict";
import { useSaving } from "./data";
import {
  type Entry,
  nameOf,
  statedWeight,
  type Table,
  valuesOf,
  type WeightValues,
  weightSchema,
  withEntry,
} from "./form";
import { PreviewBox } from "./PreviewBox";
import { useModelsTexts } from "./texts";
import { useSaved } from "./useSaved";
import { WeightFields } from "./WeightFields";

/** What is edited: an entry that there is, or a new one with its name filled in. */
export interface Edited {
  entry: Entry | null;
  name: string;
}

/** Adds a weight or changes one; `edited` null: closed. */
export function WeightDialog({
  table,
  edited,
  onClose,
}: {
  table: Table;
  edited: Edited | null;
  onClose: () => void;
}) {
  const t = useModelsTexts();
  const shown = useLastShown(edited);
  return (
    <Dialog
      open={edited !== null}
      onClose={onClose}
      width="medium"
      title={t(shown?.entry ? "editTitle" : "addTitle")}
      description={t("dialogText")}
    >
      {shown ? <WeightForm table={table} edited={shown} onClose={onClose} /> : null}
    </Dialog>
  );
}

function WeightForm({
  table,
  edited,
  onClose,
}: {
  table: Table;
  edited: Edited;
  onClose: () => void;
}) {
  const t = useModelsTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const weights = useWeightTexts();
  const saved = useSaved();
  const { base, conflicts, save, isSaving } = useSaving(table);
  const was = edited.entry?.name ?? null;
  const schema = useMemo(
    () => weightSchema(base.entries.map((one) => one.name).filter((name) => name !== was)),
    [base, was],
  );
  const form = useForm<WeightValues>({
    resolver: zodResolver(schema),
    defaultValues: valuesOf(edited.name, edited.entry, (value) =>
      value.toLocaleString(format.locale, { useGrouping: false, maximumFractionDigits: 3 }),
    ),
  });
  const typed = form.watch();
  const isRight = schema.safeParse(typed).success;
  const submit = form.handleSubmit(async (values) => {
    const next = withEntry(base.entries, was, values);
    try {
      const after = await save(next, values.reason.trim());
      if (after === null) return;
      onClose();
      const name = nameOf(values.name);
      const entry = after.entries.find((one) => one.name === name);
      const weight = entry ? statedWeight(entry) : null;
      const message = weight
        ? t("saved", { name, counts: weightText(weight, weights, format) })
        : t("savedByPrice", { name, model: entry?.auto ?? "" });
      saved(message, base, after);
    } catch (error) {
      toastError(t("saveFailed"), error instanceof Error ? error.message : undefined);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <WeightFields form={form} models={table.models.map((one) => one.model)} />
      <PreviewBox weights={isRight ? withEntry(base.entries, was, typed) : null} />
      {conflicts > 0 ? (
        <Conflict
          key={conflicts}
          name={was ?? nameOf(typed.name)}
          before={edited.entry}
          now={base.entries.find((one) => one.name === (was ?? nameOf(typed.name))) ?? null}
        />
      ) : null}
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button type="submit" variant="primary" busy={isSaving}>
          {ui("save")}
        </Button>
      </DialogActions>
    </form>
  );
}

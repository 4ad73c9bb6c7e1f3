import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useUpdateKey } from "./data";
import { fieldErrors, type KeyValues, keySchema, toUndo, toUpdate, valuesOf } from "./form";
import { KeyFields, messageText } from "./KeyFields";
import { useKeysTexts } from "./texts";

/** Changes a key's terms; `item` null: closed. */
export function EditDialog({
  item,
  onClose,
}: {
  item: Model<"KeyOut"> | null;
  onClose: () => void;
}) {
  const t = useKeysTexts();
  const key = useLastShown(item);
  return (
    <Dialog
      open={item !== null}
      onClose={onClose}
      width="medium"
      title={t("editTitle")}
      description={
        key ? (
          <>
            <span className="font-mono text-[0.8125rem]">{key.prefix}…</span>
            {key.userEmail ? ` · ${key.userEmail}` : null}
          </>
        ) : null
      }
    >
      {key ? <EditForm key={key.id} item={key} onClose={onClose} /> : null}
    </Dialog>
  );
}

function EditForm({ item, onClose }: { item: Model<"KeyOut">; onClose: () => void }) {
  const t = useKeysTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const change = useUpdateKey();
  const form = useForm<KeyValues>({
    resolver: zodResolver(keySchema),
    defaultValues: valuesOf(item, (value) => value.toLocaleString(format.locale, PLAIN)),
  });
  const undo = (body: Model<"KeyUpdate">) =>
    change.mutate(
      { id: item.id, body },
      {
        onSuccess: () => toast(t("undone")),
        onError: (error) => toastError(t("undoFailed"), error.message),
      },
    );
  const save = form.handleSubmit(async (values) => {
    const body = toUpdate(item, values);
    if (Object.keys(body).length === 0) {
      onClose();
      toast(t("savedNothing"));
      return;
    }
    try {
      const changed = await change.mutateAsync({ id: item.id, body });
      onClose();
      toast(t("saved", { name: changed.name }), { undo: () => undo(toUndo(item, body)) });
    } catch (error) {
      const problems = error instanceof ApiError ? fieldErrors(error) : [];
      for (const { field, message } of problems) form.setError(field, { message });
      if (problems.length === 0) {
        toastError(t("saveFailed"), error instanceof Error ? error.message : undefined);
      }
    }
  });
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      <Field label={t("name")} error={messageText(t, form.formState.errors.name?.message)}>
        <Input autoComplete="off" {...form.register("name")} />
      </Field>
      <KeyFields form={form} expiresAt={item.expiresAt} />
      <p className="text-[0.8125rem] text-ink-soft">{t("editText")}</p>
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button type="submit" variant="primary" busy={change.isPending}>
          {ui("save")}
        </Button>
      </DialogActions>
    </form>
  );
}

/** As it is typed: no points between thousands. */
const PLAIN = { useGrouping: false, maximumFractionDigits: 6 } as const;

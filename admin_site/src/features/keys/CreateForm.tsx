import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useCreateKey } from "./data";
import { fieldErrors, type KeyValues, keySchema, NEW_KEY, toCreate } from "./form";
import { KeyFields, messageText } from "./KeyFields";
import { KindChoice } from "./KindChoice";
import { useKeysTexts } from "./texts";

export function CreateForm({
  onCreated,
  onBusy,
  onCancel,
}: {
  onCreated: (created: Model<"CreatedKey">) => void;
  onBusy: (isBusy: boolean) => void;
  onCancel: () => void;
}) {
  const t = useKeysTexts();
  const ui = useUiTexts();
  const create = useCreateKey();
  const form = useForm<KeyValues>({
    resolver: zodResolver(keySchema),
    defaultValues: NEW_KEY,
  });
  const { errors } = form.formState;
  const kind = form.watch("kind");
  const [unknown, setUnknown] = useState<string | null>(null);
  useEffect(() => {
    onBusy(create.isPending);
    return () => onBusy(false);
  }, [create.isPending, onBusy]);
  // Writing may begin at once; the dialog by itself would focus its close button.
  useEffect(() => form.setFocus("name"), [form]);

  const save = form.handleSubmit(async (values) => {
    try {
      onCreated(await create.mutateAsync(toCreate(values)));
    } catch (error) {
      const problems = error instanceof ApiError ? fieldErrors(error) : [];
      for (const { field, message } of problems) form.setError(field, { message });
      const isUnknown =
        error instanceof ApiError && error.fields.some((one) => one.code === "unknown_user");
      setUnknown(isUnknown ? values.userEmail.trim() : null);
      if (problems.length === 0) {
        toastError(t("createFailed"), error instanceof Error ? error.message : undefined);
      }
    }
  });
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      <KindChoice value={kind} onChange={(next) => form.setValue("kind", next)} />
      {kind === "personal" ? (
        <Field label={t("userEmail")} error={messageText(t, errors.userEmail?.message)}>
          <Input
            type="email"
            inputMode="email"
            autoComplete="off"
            placeholder="ana@example.com"
            {...form.register("userEmail")}
          />
          {unknown !== null && unknown === form.watch("userEmail").trim() ? (
            <label className="flex items-start gap-2.5 text-[0.8125rem]">
              <input
                type="checkbox"
                className="mt-0.5 size-4 accent-brand"
                checked={form.watch("newUser") === unknown}
                onChange={(event) =>
                  form.setValue("newUser", event.currentTarget.checked ? unknown : "")
                }
              />
              {t("newUser", { email: unknown })}
            </label>
          ) : null}
        </Field>
      ) : null}
      <Field label={t("name")} help={t("nameHelp")} error={messageText(t, errors.name?.message)}>
        <Input autoComplete="off" placeholder={t("namePlaceholder")} {...form.register("name")} />
      </Field>
      <KeyFields form={form} />
      <DialogActions>
        <Button onClick={onCancel} disabled={create.isPending}>
          {ui("cancel")}
        </Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          {t("submitCreate")}
        </Button>
      </DialogActions>
    </form>
  );
}

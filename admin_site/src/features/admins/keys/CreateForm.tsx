import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useId } from "react";
import { useForm } from "react-hook-form";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Segments } from "@/shared/ui/Tabs";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useCreateAdminKey } from "./data";
import {
  type AdminKeyValues,
  adminKeySchema,
  DAYS,
  NEW_ADMIN_KEY,
  SCOPES,
  toCreate,
  toggled,
} from "./form";
import { useAdminKeysTexts } from "./texts";

export function CreateForm({
  onIssued,
  onBusy,
  onCancel,
}: {
  onIssued: (issued: Model<"AdminKeyIssued">) => void;
  onBusy: (isBusy: boolean) => void;
  onCancel: () => void;
}) {
  const t = useAdminKeysTexts();
  const ui = useUiTexts();
  const create = useCreateAdminKey();
  const form = useForm<AdminKeyValues>({
    resolver: zodResolver(adminKeySchema),
    defaultValues: NEW_ADMIN_KEY,
  });
  const { errors } = form.formState;
  useEffect(() => {
    onBusy(create.isPending);
    return () => onBusy(false);
  }, [create.isPending, onBusy]);
  // Writing may begin at once; the dialog by itself would focus its close button.
  useEffect(() => form.setFocus("name"), [form]);
  const save = form.handleSubmit(async (values) => {
    try {
      onIssued(await create.mutateAsync(toCreate(values)));
    } catch (error) {
      toastError(t("createFailed"), error instanceof Error ? error.message : undefined);
    }
  });
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      <Field
        label={t("name")}
        help={t("nameHelp")}
        error={errors.name && t(errors.name.type === "too_big" ? "nameTooLong" : "nameNeeded")}
      >
        <Input autoComplete="off" placeholder={t("namePlaceholder")} {...form.register("name")} />
      </Field>
      <Field
        label={t("note")}
        optional={ui("optional")}
        help={t("noteHelp")}
        error={errors.note && t("noteTooLong")}
      >
        <Input autoComplete="off" {...form.register("note")} />
      </Field>
      <ScopeBoxes
        value={form.watch("scopes")}
        error={errors.scopes ? t("scopeNeeded") : undefined}
        onChange={(scopes) =>
          form.setValue("scopes", scopes, { shouldValidate: form.formState.isSubmitted })
        }
      />
      <div className="flex flex-col gap-1.5">
        <p aria-hidden className="font-medium text-[0.8125rem] text-ink">
          {t("days")}
        </p>
        <Segments
          label={t("days")}
          value={form.watch("days")}
          onChange={(days) => form.setValue("days", days)}
          options={DAYS.map((value) => ({ value, label: t(`days_${value}`) }))}
        />
      </div>
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

function ScopeBoxes({
  value,
  error,
  onChange,
}: {
  value: readonly Model<"Scope">[];
  error: string | undefined;
  onChange: (value: Model<"Scope">[]) => void;
}) {
  const t = useAdminKeysTexts();
  const told = useId();
  return (
    <fieldset aria-describedby={error ? told : undefined} className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium text-[0.8125rem] text-ink">{t("scopes")}</legend>
      <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
        {SCOPES.map((scope) => (
          <label key={scope} className="flex cursor-pointer items-start gap-2.5 text-[0.8125rem]">
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 accent-brand"
              checked={value.includes(scope)}
              onChange={() => onChange(toggled(value, scope))}
            />
            <span>
              <span className="block text-ink">{t(`scope_${scope}`)}</span>
              <span className="block font-mono text-ink-soft text-xs">{scope}</span>
            </span>
          </label>
        ))}
      </div>
      {error ? (
        <p id={told} role="alert" className="text-[0.8125rem] text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

import { Controller, type UseFormReturn } from "react-hook-form";
import { useFormat } from "@/shared/format";
import { ModelChips } from "@/shared/models/ModelChips";
import { Field, Input } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { EXPIRIES, type KeyValues } from "./form";
import { type KeysTexts, useKeysTexts } from "./texts";

const MESSAGES = [
  "nameNeeded",
  "nameTooLong",
  "emailNeeded",
  "dateNeeded",
  "rateWrong",
  "burstWrong",
  "burstNeedsRate",
] as const;

/** Messages of the schema are keys; those of the server are sentences already. */
export function messageText(t: KeysTexts, message: string | undefined): string | undefined {
  const known = MESSAGES.find((one) => one === message);
  return known ? t(known) : message;
}

/** The terms of a key that can be changed later too; `expiresAt` is that of a key that there is. */
export function KeyFields({
  form,
  expiresAt = null,
}: {
  form: UseFormReturn<KeyValues>;
  expiresAt?: string | null;
}) {
  const t = useKeysTexts();
  const { errors } = form.formState;
  const error = (name: keyof KeyValues) => messageText(t, errors[name]?.message);
  return (
    <>
      <Controller
        control={form.control}
        name="models"
        render={({ field }) => (
          <ModelChips value={field.value} onChange={field.onChange} error={error("models")} />
        )}
      />
      <ExpiryFields form={form} expiresAt={expiresAt} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("ratePer")} help={t("rateHelp")} error={error("rate")}>
          <Input
            inputMode="decimal"
            autoComplete="off"
            placeholder={t("ratePlaceholder")}
            {...form.register("rate")}
          />
        </Field>
        <Field label={t("burst")} help={t("burstHelp")} error={error("burst")}>
          <Input
            inputMode="numeric"
            autoComplete="off"
            placeholder={t("burstPlaceholder")}
            {...form.register("burst")}
          />
        </Field>
      </div>
    </>
  );
}

function ExpiryFields({
  form,
  expiresAt,
}: {
  form: UseFormReturn<KeyValues>;
  expiresAt: string | null;
}) {
  const t = useKeysTexts();
  const format = useFormat();
  const { errors } = form.formState;
  const isDate = form.watch("expiry") === "date";
  const options = EXPIRIES.filter((value) => value !== "keep" || expiresAt !== null).map(
    (value) => ({
      value,
      label: t(`expiry_${value}`, {
        date: value === "keep" && expiresAt !== null ? format.date(expiresAt) : "",
      }),
    }),
  );
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Controller
        control={form.control}
        name="expiry"
        render={({ field }) => (
          <Field label={t("expiry")} error={messageText(t, errors.expiry?.message)}>
            <Select value={field.value} onChange={field.onChange} options={options} />
          </Field>
        )}
      />
      {isDate ? (
        <Field label={t("expiryDate")} error={messageText(t, errors.expiryDate?.message)}>
          <Input type="date" {...form.register("expiryDate")} />
        </Field>
      ) : null}
    </div>
  );
}

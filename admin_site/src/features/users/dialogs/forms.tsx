import { CircleAlert } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import type { FieldError, FieldValues, Path, UseFormSetError } from "react-hook-form";
import { z } from "zod/mini";
import { ApiError } from "@/shared/api/client";
import { periodDay, useFormat } from "@/shared/format";
import { type GrantValues, isLastDay, KINDS, termOf } from "@/shared/grants/granting";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { type Option, Select } from "@/shared/ui/Select";
import { useUiTexts } from "@/shared/ui/texts";
import { type ActionTexts, actionText, useActionTexts } from "../actionTexts";
import { limitOf, useQuotaSettings } from "../plans";
import { PLANS } from "../search";
import { useUsersTexts } from "../texts";
import { MAX_TOKENS, parseTokens } from "../tokens";

const MAX_REASON = 500;
type MessageKey = Parameters<ActionTexts>[0];

/** Messages of the schemas are keys of the texts: they follow the language shown. */
const key = (name: MessageKey) => name;

export const neededReason = z
  .string()
  .check(z.trim(), z.minLength(1, key("reasonNeeded")), z.maxLength(MAX_REASON, key("reasonLong")));
export const optionalReason = z
  .string()
  .check(z.trim(), z.maxLength(MAX_REASON, key("reasonLong")));
export const nameText = z.string().check(z.trim(), z.maxLength(200, key("nameLong")));
/** Loose, as accents are letters too: the API decides. */
const EMAIL = /^[^@\s]+@[^@\s]+$/;
export const emailText = z
  .string()
  .check(z.trim(), z.maxLength(254, key("emailNeeded")), z.regex(EMAIL, key("emailNeeded")));
/** A text, since people type `500 mil`; read it with `parseTokens`. */
export const tokensText = z.string().check(
  z.refine((text) => Math.abs(parseTokens(text) ?? Number.NaN) <= MAX_TOKENS, {
    error: key("tokensNeeded"),
    abort: true,
  }),
);
export const amountText = tokensText.check(
  z.refine((text) => parseTokens(text) !== 0, key("tokensZero")),
);
export const grantFields = { amount: amountText, kind: z.enum(KINDS), until: z.string() };
export const aLastDay = z.refine<GrantValues>((values) => isLastDay(termOf(values), periodDay()), {
  error: key("lastDayNeeded"),
  path: ["until"],
});
export const limitText = tokensText.check(
  z.refine((text) => (parseTokens(text) ?? 0) >= 0, key("tokensNegative")),
);

/** An id, or NO_GROUP: something must have been chosen. */
export const groupText = z.string().check(z.minLength(1, key("groupNeeded")));

/** The words for a field's problem: ours by key, the API's as it said them. */
export function problemText(t: ActionTexts, error: FieldError | undefined): string | undefined {
  if (!error) return undefined;
  if (error.type === "server") return error.message;
  return error.message ? t(error.message as MessageKey) : undefined;
}

/** Puts an error of the API at the fields it names, and at the form where it names none of them. */
export function landError<Values extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<Values>,
  fields: readonly Path<Values>[],
): void {
  const known = error instanceof ApiError ? error.fields : [];
  const landed = known.filter((one) => (fields as readonly string[]).includes(one.field));
  for (const one of landed) {
    setError(one.field as Path<Values>, { type: "server", message: one.message });
  }
  if (landed.length > 0) return;
  const message = error instanceof Error ? error.message : "";
  setError("root.server", { type: "server", message: message || actionText("failed") });
}

/** What went wrong with the whole form. */
export function FormProblem({ message }: { message: string | undefined }) {
  if (!message) return null;
  return (
    <p
      role="alert"
      className="flex items-start gap-2 rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger ring-1 ring-danger/20"
    >
      <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      {message}
    </p>
  );
}

export function FormButtons({
  submit,
  busy,
  disabled = false,
  variant = "primary",
  cancel,
  onCancel,
}: {
  submit: ReactNode;
  /** Where "cancel" would be the word for what is being done. */
  cancel?: string;
  busy: boolean;
  disabled?: boolean;
  variant?: "primary" | "danger";
  onCancel: () => void;
}) {
  const t = useUiTexts();
  return (
    <DialogActions>
      <Button onClick={onCancel} disabled={busy}>
        {cancel ?? t("cancel")}
      </Button>
      <Button type="submit" variant={variant} busy={busy} disabled={disabled}>
        {submit}
      </Button>
    </DialogActions>
  );
}

/** Why something is done. */
export function ReasonField({
  error,
  isOptional = false,
  ...rest
}: { error: FieldError | undefined; isOptional?: boolean } & ComponentProps<typeof Textarea>) {
  const t = useActionTexts();
  const ui = useUiTexts();
  return (
    <Field
      label={t("reason")}
      help={t("reasonHelp")}
      error={problemText(t, error)}
      {...(isOptional ? { optional: ui("optional") } : {})}
    >
      <Textarea rows={2} maxLength={MAX_REASON} {...rest} />
    </Field>
  );
}

type Plan = (typeof PLANS)[number];

/** Every plan with its limit. */
export function usePlanOptions(): Option<Plan>[] {
  const t = useActionTexts();
  const names = useUsersTexts();
  const format = useFormat();
  const quota = useQuotaSettings();
  return PLANS.map((plan) => {
    const limit = limitOf(quota, plan);
    return {
      value: plan,
      label: names(`plan_${plan}`),
      ...(limit === undefined
        ? {}
        : { description: t("planWithLimit", { limit: format.integer(limit) }) }),
    };
  });
}

export function PlanSelect({
  value,
  onChange,
  label,
}: {
  value: Plan;
  onChange: (plan: Plan) => void;
  label?: string;
}) {
  const options = usePlanOptions();
  return (
    <Select value={value} onChange={onChange} options={options} {...(label ? { label } : {})} />
  );
}

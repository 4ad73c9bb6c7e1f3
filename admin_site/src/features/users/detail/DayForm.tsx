import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Field, Input } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useUiTexts } from "@/shared/ui/texts";
import { FormButtons, FormProblem, landError, optionalReason, ReasonField } from "../dialogs/forms";
import { useChange } from "../useChange";
import { kindOf, limitOf, percentOf } from "./dayLimit";
import { useDayTexts } from "./dayTexts";

const schema = z.object({
  kind: z.enum(["none", "tokens", "auto"]),
  tokens: z.string(),
  percent: z.string(),
  reason: optionalReason,
});

/** Sets a user's daily limit, or takes it away. */
export function DayForm({ user, onClose }: { user: Model<"UserDetail">; onClose: () => void }) {
  const t = useDayTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const change = useChange(user);
  const kindNow = kindOf(user.dailyLimit);
  const { register, control, handleSubmit, setError, watch, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: {
      kind: kindNow === "none" ? "auto" : kindNow,
      tokens: kindNow === "tokens" ? format.integer(Number(user.dailyLimit)) : "",
      percent: String(percentOf(user.dailyLimit) ?? 25),
      reason: "",
    },
  });
  const { errors } = formState;
  const kind = watch("kind");
  const submit = handleSubmit(async (values) => {
    const dailyLimit = limitOf(values.kind, values.tokens, values.percent);
    if (dailyLimit === null) {
      const field = values.kind === "auto" ? "percent" : "tokens";
      setError(field, { type: "server", message: t(`${field}Needed`) });
      return;
    }
    if (dailyLimit === (user.dailyLimit ?? "none")) return onClose();
    const before = user.dailyLimit ?? "none";
    try {
      await change.mutateAsync({ kind: "daily", dailyLimit, before, reason: values.reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Controller
        control={control}
        name="kind"
        render={({ field }) => (
          <Field label={t("kind")}>
            <Select
              value={field.value}
              onChange={field.onChange}
              options={[
                { value: "auto", label: t("kind_auto") },
                { value: "tokens", label: t("kind_tokens") },
                { value: "none", label: t("kind_none") },
              ]}
            />
          </Field>
        )}
      />
      {kind === "tokens" ? (
        <Controller
          control={control}
          name="tokens"
          render={({ field }) => (
            <Field label={t("tokens")} error={errors.tokens?.message}>
              <TokensInput {...field} />
            </Field>
          )}
        />
      ) : null}
      {kind === "auto" ? (
        <Field label={t("percent")} help={t("percentHelp")} error={errors.percent?.message}>
          <Input inputMode="numeric" autoComplete="off" maxLength={4} {...register("percent")} />
        </Field>
      ) : null}
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <FormButtons submit={ui("save")} busy={change.isPending} onCancel={onClose} />
    </form>
  );
}

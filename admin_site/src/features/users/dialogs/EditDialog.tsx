import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useUiTexts } from "@/shared/ui/texts";
import { useActionTexts } from "../actionTexts";
import { edited } from "../changes";
import { limitOf, useQuotaSettings } from "../plans";
import { PLANS } from "../search";
import { parseTokens } from "../tokens";
import { useChange } from "../useChange";
import {
  emailText,
  FormButtons,
  FormProblem,
  landError,
  limitText,
  nameText,
  optionalReason,
  PlanSelect,
  problemText,
  ReasonField,
} from "./forms";

const schema = z.object({
  email: emailText,
  name: nameText,
  plan: z.enum(PLANS),
  monthlyLimit: limitText,
  enforcement: z.enum(["block", "warn"]),
  reason: optionalReason,
});

interface Props {
  user: Model<"UserOut">;
  onClose: () => void;
}

/** Address, name, plan and limit of a user. */
export function EditDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useActionTexts();
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={t("editTitle")}
      description={props.user.email}
    >
      <EditForm {...props} />
    </Dialog>
  );
}

function EditForm({ user, onClose }: Props) {
  const t = useActionTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const quota = useQuotaSettings();
  const change = useChange(user);
  const { register, control, handleSubmit, setError, setValue, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: {
      email: user.email,
      name: user.name,
      plan: user.plan,
      monthlyLimit: format.integer(user.monthlyLimit),
      enforcement: user.enforcement,
      reason: "",
    },
  });
  const { errors, isDirty } = formState;
  const submit = handleSubmit(async (values) => {
    const monthlyLimit = parseTokens(values.monthlyLimit) ?? user.monthlyLimit;
    const differing = edited(user, { ...values, monthlyLimit }, limitOf(quota, values.plan));
    if (Object.keys(differing).length === 0) return onClose();
    try {
      await change.mutateAsync({ kind: "edit", values: differing, reason: values.reason });
      onClose();
    } catch (error) {
      landError(error, setError, [
        "email",
        "name",
        "plan",
        "monthlyLimit",
        "enforcement",
        "reason",
      ]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Field label={t("email")} help={t("emailMoves")} error={problemText(t, errors.email)}>
        <Input type="email" autoComplete="off" maxLength={254} {...register("email")} />
      </Field>
      <Field label={t("name")} error={problemText(t, errors.name)}>
        <Input autoComplete="off" maxLength={200} {...register("name")} />
      </Field>
      <Controller
        control={control}
        name="plan"
        render={({ field }) => (
          <Field label={t("plan")} help={t("editText")} error={problemText(t, errors.plan)}>
            <PlanSelect
              value={field.value}
              onChange={(plan) => {
                field.onChange(plan);
                const limit = plan === user.plan ? user.monthlyLimit : limitOf(quota, plan);
                if (limit === undefined) return;
                setValue("monthlyLimit", format.integer(limit), { shouldDirty: true });
              }}
            />
          </Field>
        )}
      />
      <Controller
        control={control}
        name="monthlyLimit"
        render={({ field }) => (
          <Field
            label={t("limit")}
            error={problemText(t, errors.monthlyLimit)}
            help={
              quota
                ? t("limitHelp", {
                    min: format.integer(quota.minUserLimit),
                    max: format.integer(quota.maxUserLimit),
                  })
                : "\u00a0"
            }
          >
            <TokensInput {...field} />
          </Field>
        )}
      />
      <Controller
        control={control}
        name="enforcement"
        render={({ field }) => (
          <Field label={t("enforcement")} help={t(`enforcementHelp_${field.value}`)}>
            <Select
              value={field.value}
              onChange={field.onChange}
              options={[
                { value: "block", label: t("enforcement_block") },
                { value: "warn", label: t("enforcement_warn") },
              ]}
            />
          </Field>
        )}
      />
      <ReasonField isOptional error={errors.reason} placeholder="" {...register("reason")} />
      <FormButtons
        submit={ui("save")}
        busy={change.isPending}
        disabled={!isDirty}
        onCancel={onClose}
      />
    </form>
  );
}

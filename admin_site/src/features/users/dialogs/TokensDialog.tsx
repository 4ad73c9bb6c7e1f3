import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { useActionTexts } from "../actionTexts";
import { parseTokens } from "../tokens";
import { useChange } from "../useChange";
import { AmountField } from "./AmountField";
import {
  amountText,
  FormButtons,
  FormProblem,
  landError,
  neededReason,
  ReasonField,
} from "./forms";

const schema = z.object({ amount: amountText, reason: neededReason });

interface Props {
  user: Model<"UserOut">;
  onClose: () => void;
}

/** Grants tokens on top of the limit, or takes them back. */
export function TokensDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useActionTexts();
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={t("tokensTitle")}
      description={t("tokensText", { name: props.user.name || props.user.email })}
    >
      <TokensForm {...props} />
    </Dialog>
  );
}

function TokensForm({ user, onClose }: Props) {
  const t = useActionTexts();
  const format = useFormat();
  const change = useChange(user);
  const { register, control, handleSubmit, setError, formState, watch } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { amount: "", reason: "" },
  });
  const { errors } = formState;
  const amount = parseTokens(watch("amount")) ?? 0;
  const submit = handleSubmit(async (values) => {
    const tokens = parseTokens(values.amount) ?? 0;
    try {
      await change.mutateAsync({ kind: "tokens", amount: tokens, reason: values.reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["amount", "reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Controller
        control={control}
        name="amount"
        render={({ field }) => (
          <AmountField
            {...field}
            help={t("amountHelp", { granted: format.integer(user.additionalTokens) })}
            error={errors.amount}
          />
        )}
      />
      <p className="tabular rounded-xl bg-sunken px-3.5 py-2.5 text-ink-soft">
        {t("availableThen", { tokens: format.integer(user.availableTokens + amount) })}
      </p>
      <ReasonField error={errors.reason} {...register("reason")} />
      <FormButtons
        submit={t(amount < 0 ? "takeBack" : "add")}
        busy={change.isPending}
        onCancel={onClose}
      />
    </form>
  );
}

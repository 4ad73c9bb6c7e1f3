import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { KINDS, outlives, termOf } from "@/shared/grants/granting";
import { TermFields } from "@/shared/grants/TermFields";
import { everyMonthTokens } from "@/shared/grants/terms";
import { Dialog } from "@/shared/ui/Dialog";
import { useActionTexts } from "../actionTexts";
import { parseTokens } from "../tokens";
import { useChange } from "../useChange";
import { useGrants } from "../userData";
import { AmountField } from "./AmountField";
import {
  aLastDay,
  FormButtons,
  FormProblem,
  grantFields,
  landError,
  neededReason,
  problemText,
  ReasonField,
} from "./forms";

const schema = z.object({ ...grantFields, reason: neededReason }).check(aLastDay);

interface Props {
  user: Model<"UserOut">;
  /** Managers of groups grant for this month alone. */
  isManager?: boolean;
  onClose: () => void;
}

/** Grants tokens on top of the limit for as long as is chosen, or takes them back. */
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

function TokensForm({ user, isManager = false, onClose }: Props) {
  const t = useActionTexts();
  const format = useFormat();
  const change = useChange(user);
  const grants = useOwnGrants(user);
  const { register, control, handleSubmit, setError, setValue, formState, watch } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { amount: "", kind: KINDS[0] as (typeof KINDS)[number], until: "", reason: "" },
  });
  const { errors } = formState;
  const amount = parseTokens(watch("amount")) ?? 0;
  const submit = handleSubmit(async (values) => {
    const tokens = parseTokens(values.amount) ?? 0;
    try {
      await change.mutateAsync({
        kind: "tokens",
        amount: tokens,
        term: termOf(values),
        reason: values.reason,
      });
      onClose();
    } catch (error) {
      landError(error, setError, ["amount", "until", "reason"]);
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
            help={
              grants?.everyMonth
                ? t("amountHelpBack", { tokens: format.integer(grants.everyMonth) })
                : t("amountHelp")
            }
            error={errors.amount}
          />
        )}
      />
      <TermFields
        term={termOf(watch())}
        amount={amount}
        months={
          grants && {
            tokens: user.monthlyLimit + grants.everyMonth,
            hasLasting: grants.hasLasting,
          }
        }
        onKind={(kind) => setValue("kind", kind)}
        until={register("until")}
        error={problemText(t, errors.until)}
        kinds={isManager ? ["this_month"] : KINDS}
        note={t("availableThen", { tokens: format.integer(user.availableTokens + amount) })}
      />
      <ReasonField error={errors.reason} {...register("reason")} />
      <FormButtons
        submit={t(amount < 0 ? "takeBack" : "add")}
        busy={change.isPending}
        onCancel={onClose}
      />
    </form>
  );
}

/** What is granted to the user already; null while that is on its way. */
function useOwnGrants(user: Model<"UserOut">) {
  const grants = useGrants(user).data;
  if (user.additionalTokens === 0) return { everyMonth: 0, hasLasting: false };
  if (!grants) return null;
  return {
    everyMonth: everyMonthTokens(grants.items),
    hasLasting: grants.items.some((one) => outlives(one, user.period)),
  };
}

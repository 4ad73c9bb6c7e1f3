import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import { periodDay, useFormat } from "@/shared/format";
import { MAX_TOKENS, parseTokens } from "@/shared/format/typed";
import { isLastDay, KINDS, outlives, termOf } from "@/shared/grants/granting";
import { TermFields } from "@/shared/grants/TermFields";
import { everyMonthTokens } from "@/shared/grants/terms";
import { useIsManager } from "@/shared/hooks/session";
import type { TokenRequest } from "@/shared/token-requests/data";
import { Field } from "@/shared/ui/Field";
import { TokensInput } from "@/shared/ui/TokensInput";
import { toast } from "@/shared/ui/toast";
import { useApprove, useGrantsOf } from "./data";
import { MAX_NOTE, messageOf, problemsOf } from "./form";
import { Buttons, NoteField, whoOf } from "./parts";
import { useRequestsTexts } from "./texts";

const KEYS = { amount: "amountNeeded", until: "lastDayNeeded" } as const;

const schema = z
  .object({
    amount: z.string().check(
      z.refine((text) => {
        const tokens = parseTokens(text) ?? 0;
        return tokens >= 1 && tokens <= MAX_TOKENS;
      }, KEYS.amount),
    ),
    kind: z.enum(KINDS),
    until: z.string(),
    note: z.string().check(z.maxLength(MAX_NOTE)),
  })
  .check(
    z.refine((values) => isLastDay(termOf(values), periodDay()), {
      error: KEYS.until,
      path: ["until"],
    }),
  );

/** Grants what was asked for, or another amount; managers do for this month alone. */
export function ApproveForm({
  request,
  onClose,
  onRefused,
}: {
  request: TokenRequest;
  onClose: () => void;
  onRefused: (message: string | null) => void;
}) {
  const t = useRequestsTexts();
  const format = useFormat();
  const isManager = useIsManager();
  const approve = useApprove(request);
  const who = whoOf(request);
  const { register, control, handleSubmit, setError, setValue, formState, watch } = useForm({
    resolver: zodResolver(schema),
    defaultValues: {
      amount: format.integer(request.tokens),
      kind: KINDS[0] as (typeof KINDS)[number],
      until: "",
      note: "",
    },
  });
  const { errors } = formState;
  const values = watch();
  const amount = Math.max(0, parseTokens(values.amount) ?? 0);
  const granted = request.monthlyLimit + request.additionalTokens;
  const submit = handleSubmit(async ({ note, ...chosen }) => {
    const tokens = parseTokens(chosen.amount) ?? 0;
    onRefused(null);
    try {
      await approve.mutateAsync({ tokens, ...termOf(chosen), note: note.trim() });
    } catch (error) {
      const landed = problemsOf(error, ["amount", "until"]);
      for (const [name, message] of landed) setError(name, { type: "server", message });
      if (landed.length === 0) onRefused(messageOf(error, t("failed")));
      return;
    }
    onClose();
    toast(t("approved", { who, tokens: format.integer(tokens) }));
  });
  const problem = (name: keyof typeof KEYS) =>
    errors[name] && (errors[name].type === "server" ? errors[name].message : t(KEYS[name]));
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <Controller
        control={control}
        name="amount"
        render={({ field }) => (
          <Field
            label={t("amount")}
            help={t("amountHelp", { tokens: format.integer(request.tokens) })}
            error={problem("amount")}
          >
            <TokensInput {...field} />
          </Field>
        )}
      />
      <TermFields
        term={termOf(values)}
        amount={amount}
        months={useMonths(request)}
        onKind={(kind) => setValue("kind", kind)}
        until={register("until")}
        error={problem("until")}
        kinds={isManager ? ["this_month"] : KINDS}
        lead={t("becomes", {
          who,
          from: format.integer(granted),
          to: format.integer(granted + amount),
          month: format.monthName(request.period),
        })}
      />
      <NoteField {...register("note")} />
      <Buttons busy={approve.isPending} onCancel={onClose}>
        {amount > 0 ? t("approveRun", { tokens: format.integer(amount) }) : t("approveRunAny")}
      </Buttons>
    </form>
  );
}

/** What the person has each month without this; null while that is on its way. */
function useMonths(request: TokenRequest) {
  const grants = useGrantsOf(request).data?.items;
  if (request.additionalTokens === 0) return { tokens: request.monthlyLimit, hasLasting: false };
  if (!grants) return null;
  return {
    tokens: request.monthlyLimit + everyMonthTokens(grants),
    hasLasting: grants.some((one) => outlives(one, request.period)),
  };
}

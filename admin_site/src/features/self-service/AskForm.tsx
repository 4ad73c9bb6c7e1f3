import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFormat } from "@/shared/format";
import { parseTokens } from "@/shared/format/typed";
import { Button } from "@/shared/ui/Button";
import { Field, Textarea } from "@/shared/ui/Field";
import { TokensInput } from "@/shared/ui/TokensInput";
import { type Draft, MAX_REASON, problemsOf } from "./asking";
import { useAskTexts } from "./askTexts";

/** How many, and why. */
export function AskForm({
  draft,
  suggestions,
  takesFocus,
  isBusy,
  onDraft,
  onSend,
  onClose,
}: {
  draft: Draft;
  suggestions: readonly number[];
  /** It was opened by a button, which is gone. */
  takesFocus: boolean;
  isBusy: boolean;
  onDraft: (draft: Draft) => void;
  onSend: () => void;
  /** Absent: it stays open. */
  onClose?: () => void;
}) {
  const t = useAskTexts();
  const format = useFormat();
  const [isTried, setTried] = useState(false);
  const first = useRef<HTMLFieldSetElement>(null);
  const amount = useRef<HTMLInputElement>(null);
  const reason = useRef<HTMLTextAreaElement>(null);
  const problems = problemsOf(draft);
  useEffect(() => {
    if (takesFocus) first.current?.querySelector("button")?.focus();
  }, [takesFocus]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.amount) amount.current?.focus();
    else if (problems.reason) reason.current?.focus();
    else if (!isBusy) onSend();
  };
  const told = (problem: "amountNeeded" | "reasonNeeded" | undefined) =>
    isTried && problem ? t(problem) : undefined;
  return (
    <form onSubmit={submit} noValidate className="mt-5 flex flex-col gap-4">
      <fieldset ref={first} className="flex flex-wrap gap-2">
        <legend className="mb-2 font-medium text-[0.8125rem]">{t("suggestions")}</legend>
        {suggestions.map((tokens) => (
          <Button
            key={tokens}
            aria-pressed={parseTokens(draft.amount) === tokens}
            className="tabular aria-pressed:border-brand aria-pressed:bg-brand-soft aria-pressed:text-brand-ink"
            onClick={() => onDraft({ ...draft, amount: format.integer(tokens) })}
          >
            {format.integer(tokens)}
          </Button>
        ))}
      </fieldset>
      <Field label={t("amount")} help={t("amountHelp")} error={told(problems.amount)}>
        <TokensInput
          ref={amount}
          name="amount"
          value={draft.amount}
          onChange={(value) => onDraft({ ...draft, amount: value })}
          onBlur={() => undefined}
        />
      </Field>
      <Field label={t("reason")} help={t("reasonHelp")} error={told(problems.reason)}>
        <Textarea
          ref={reason as never}
          name="reason"
          rows={3}
          maxLength={MAX_REASON}
          value={draft.reason}
          onChange={(event) => onDraft({ ...draft, reason: event.currentTarget.value })}
        />
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={isBusy}>
          {t("send")}
        </Button>
        {onClose ? (
          <Button onClick={onClose} disabled={isBusy}>
            {t("close")}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

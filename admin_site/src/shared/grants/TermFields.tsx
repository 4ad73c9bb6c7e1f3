import type { ComponentProps } from "react";
import { periodDay, useFormat } from "@/shared/format";
import { cn } from "@/shared/ui/cn";
import { Field, Input } from "@/shared/ui/Field";
import { KINDS, lastDays, meaningOf, type OwnMonths } from "./granting";
import type { Term } from "./terms";
import { useGrantingTexts } from "./texts";

/** How long tokens are granted for, and in a sentence what that means. */
export function TermFields({
  term,
  amount,
  months,
  onKind,
  until,
  error,
  note,
  lead,
  kinds = KINDS,
}: {
  term: Term;
  amount: number;
  /** Null: they are not known, or those of many people. */
  months: OwnMonths | null;
  onKind: (kind: Term["kind"]) => void;
  until: ComponentProps<"input">;
  error: string | undefined;
  /** What is said before the sentence. */
  lead?: string;
  /** What stands below the sentence. */
  note?: string;
  /** What there is to choose from. */
  kinds?: readonly Term["kind"][];
}) {
  const t = useGrantingTexts();
  const format = useFormat();
  const today = periodDay();
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 font-medium text-[0.8125rem] text-ink">{t("term")}</legend>
        <div className="grid grid-cols-2 gap-2">
          {kinds.map((kind) => (
            <label
              key={kind}
              className={cn(
                "flex cursor-pointer items-center gap-2.5 rounded-xl border px-3 py-2 transition-colors",
                "has-focus-visible:outline-2 has-focus-visible:outline-brand has-focus-visible:outline-offset-2",
                "has-disabled:cursor-not-allowed has-disabled:opacity-55",
                term.kind === kind
                  ? "border-brand bg-brand-soft/60 ring-1 ring-brand"
                  : "border-line hover:border-line-strong",
              )}
            >
              <input
                type="radio"
                name="kind"
                className="size-4 shrink-0 accent-brand outline-none"
                checked={term.kind === kind}
                disabled={amount < 0 && kind !== "every_month"}
                onChange={() => onKind(kind)}
              />
              <span className="min-w-0 font-medium text-ink">{t(`term_${kind}`)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {term.kind === "until" ? (
        <Field label={t("lastDay")} error={error}>
          <Input type="date" required {...lastDays(today)} {...until} />
        </Field>
      ) : null}
      <div className="tabular rounded-xl bg-sunken px-3.5 py-2.5">
        <p aria-live="polite" className="text-ink">
          {lead ? `${lead} ` : null}
          {meaningOf(term, amount, months, { t, format, today })}
        </p>
        {note ? <p className="mt-1 text-[0.8125rem] text-ink-soft">{note}</p> : null}
      </div>
    </>
  );
}

import type { FieldError } from "react-hook-form";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { Field } from "@/shared/ui/Field";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useActionTexts } from "../actionTexts";
import { problemText } from "./forms";

const QUICK = [
  { tokens: 100_000, text: "quick100" },
  { tokens: 500_000, text: "quick500" },
  { tokens: 1_000_000, text: "quick1000" },
] as const;

/** How many tokens; the usual amounts are one press away. */
export function AmountField({
  help,
  error,
  ...field
}: {
  help: string;
  error: FieldError | undefined;
  value: string;
  onChange: (value: string) => void;
  onBlur: () => void;
  name: string;
  ref: (element: HTMLInputElement | null) => void;
}) {
  const t = useActionTexts();
  const format = useFormat();
  return (
    <div>
      <Field label={t("amount")} help={help} error={problemText(t, error)}>
        <TokensInput {...field} />
      </Field>
      <fieldset className="mt-2.5 flex flex-wrap gap-2">
        <legend className="sr-only">{t("quickLabel")}</legend>
        {QUICK.map(({ tokens, text }) => {
          const value = format.integer(tokens);
          return (
            <Button
              key={tokens}
              size="small"
              aria-pressed={field.value === value}
              className="aria-pressed:border-brand aria-pressed:bg-brand-soft aria-pressed:text-brand-ink"
              onClick={() => field.onChange(value)}
            >
              {t(text)}
            </Button>
          );
        })}
      </fieldset>
    </div>
  );
}

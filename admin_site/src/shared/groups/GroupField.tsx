import { useId } from "react";
import { cn } from "@/shared/ui/cn";
import { GroupChoice } from "./GroupChoice";

/** One group of a form, or none; `value` is an id, NO_GROUP, or empty: not chosen yet. */
export function GroupField({
  label,
  help,
  error,
  value,
  onChange,
}: {
  label: string;
  help?: string;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <fieldset aria-describedby={`${id}-text`} className="min-w-0">
      <legend className="mb-1.5 font-medium text-[0.8125rem] text-ink">{label}</legend>
      <div
        className={cn(
          "rounded-lg border bg-surface shadow-soft",
          error ? "border-danger" : "border-line-strong/70",
        )}
      >
        <GroupChoice
          value={value ? [value] : []}
          most={1}
          onChange={([chosen = ""]) => onChange(chosen)}
          className="max-h-52"
        />
      </div>
      <p
        id={`${id}-text`}
        role={error ? "alert" : undefined}
        className={cn("mt-1.5 text-[0.8125rem]", error ? "text-danger" : "text-ink-soft")}
      >
        {error ?? help}
      </p>
    </fieldset>
  );
}

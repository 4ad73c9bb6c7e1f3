import { cn } from "./cn";

/** A choice of views side by side, as radio buttons: one is always chosen. */
export function Segments<V extends string>({
  label,
  value,
  onChange,
  options,
  className,
}: {
  label: string;
  value: V;
  onChange: (value: V) => void;
  options: readonly { value: V; label: string }[];
  className?: string;
}) {
  return (
    <fieldset className={cn("inline-flex rounded-lg bg-sunken p-0.5 ring-1 ring-line", className)}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cn(
            "cursor-pointer rounded-md px-2.5 py-1 font-medium text-[0.8125rem] text-ink-soft transition-colors hover:text-ink",
            "has-focus-visible:outline-2 has-focus-visible:outline-brand",
            value === option.value && "bg-surface text-ink shadow-soft ring-1 ring-line",
          )}
        >
          <input
            type="radio"
            className="sr-only"
            checked={value === option.value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}

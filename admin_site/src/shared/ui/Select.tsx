import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronDown } from "lucide-react";
import { cn } from "./cn";
import { inputClass } from "./Field";

export interface Option<V extends string> {
  value: V;
  label: string;
  description?: string;
}

/** One of a few; `label` names it when it does not stand in a Field. */
export function Select<V extends string>({
  value,
  onChange,
  options,
  label,
  className,
  disabled,
}: {
  value: V;
  onChange: (value: V) => void;
  options: readonly Option<V>[];
  label?: string;
  className?: string;
  disabled?: boolean;
}) {
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => next !== null && onChange(next as V)}
      items={options}
      disabled={disabled ?? false}
    >
      <Base.Trigger
        aria-label={label}
        className={cn(inputClass, "inline-flex items-center justify-between gap-2", className)}
      >
        <Base.Value className="truncate" />
        <Base.Icon>
          <ChevronDown className="size-4 text-ink-faint" aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="z-50" alignItemWithTrigger={false}>
          <Base.Popup className="max-h-80 min-w-(--anchor-width) overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float outline-none">
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                className="flex cursor-pointer items-start gap-2 rounded-lg py-1.5 pr-3 pl-2 outline-none data-highlighted:bg-sunken"
              >
                <span className="mt-0.5 size-4 shrink-0">
                  <Base.ItemIndicator>
                    <Check className="size-4 text-brand" aria-hidden />
                  </Base.ItemIndicator>
                </span>
                <span className="min-w-0">
                  <Base.ItemText>{option.label}</Base.ItemText>
                  {option.description ? (
                    <span className="block text-ink-soft text-xs">{option.description}</span>
                  ) : null}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

import { Popover } from "@base-ui/react/popover";
import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { cn } from "@/shared/ui/cn";
import { inputClass } from "@/shared/ui/Field";
import { NO_GROUP, useGroupsById } from "./data";
import { GroupChoice } from "./GroupChoice";
import { useGroupTexts } from "./texts";

/** One group of a form that has other things to ask as well; `value` is an id, or NO_GROUP. */
export function GroupSelect({
  label,
  optional,
  error,
  value,
  onChange,
}: {
  label: string;
  optional: string;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
}) {
  const t = useGroupTexts();
  const id = useId();
  const [open, setOpen] = useState(false);
  const group = useGroupsById().get(value);
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <span id={`${id}-label`} className="font-medium text-[0.8125rem] text-ink">
        {label}
        <span className="ml-1.5 font-normal text-ink-faint">{optional}</span>
      </span>
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger
          id={`${id}-value`}
          aria-labelledby={`${id}-label ${id}-value`}
          aria-describedby={error ? `${id}-error` : undefined}
          className={cn(
            inputClass,
            "inline-flex items-center justify-between gap-2 text-left",
            error && "border-danger",
          )}
        >
          <span className={cn("truncate", value === NO_GROUP && "text-ink-soft")}>
            {value === NO_GROUP ? t("without") : (group?.name ?? "…")}
          </span>
          <ChevronDown className="size-4 shrink-0 text-ink-faint" aria-hidden />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={6} align="start" className="z-50">
            <Popover.Popup className="w-(--anchor-width) min-w-64 rounded-xl border border-line bg-raised shadow-float outline-none">
              <Popover.Title className="sr-only">{label}</Popover.Title>
              <GroupChoice
                value={[value]}
                most={1}
                onChange={([chosen = NO_GROUP]) => {
                  onChange(chosen);
                  setOpen(false);
                }}
              />
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-[0.8125rem] text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}

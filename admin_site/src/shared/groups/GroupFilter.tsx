import { Popover } from "@base-ui/react/popover";
import { CirclePlus, X } from "lucide-react";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { useUiTexts } from "@/shared/ui/texts";
import { MOST_GROUPS, NO_GROUP, useGroupsById } from "./data";
import { GroupChoice } from "./GroupChoice";
import { useGroupTexts } from "./texts";

/** A filter by groups, and by having none where `hasNone`. */
export function GroupFilter({
  label,
  value,
  onChange,
  hasNone = true,
}: {
  label: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  hasNone?: boolean;
}) {
  const t = useGroupTexts();
  const ui = useUiTexts();
  const groups = useGroupsById();
  const [only] = value;
  const one = only === NO_GROUP ? t("without") : (groups.get(only ?? "")?.name ?? "…");
  return (
    <Popover.Root>
      <Popover.Trigger
        render={
          <Button
            variant="secondary"
            className={cn("border-dashed", value.length > 0 && "border-line-strong border-solid")}
            icon={<CirclePlus className="size-4 text-ink-faint" aria-hidden />}
          >
            {label}
            {value.length > 0 ? (
              <span className="ml-1 max-w-40 truncate rounded bg-brand-soft px-1.5 py-0.5 font-medium text-brand-ink text-xs">
                {value.length === 1 ? one : t("chosen", { count: value.length })}
              </span>
            ) : null}
          </Button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="z-50">
          <Popover.Popup className="w-80 max-w-[calc(100vw-2rem)] rounded-xl border border-line bg-raised shadow-float outline-none">
            <Popover.Title className="sr-only">{label}</Popover.Title>
            <GroupChoice value={value} most={MOST_GROUPS} onChange={onChange} hasNone={hasNone} />
            {value.length > 0 ? (
              <div className="flex items-center border-line border-t p-1">
                <Button
                  size="small"
                  variant="ghost"
                  icon={<X className="size-3.5" aria-hidden />}
                  onClick={() => onChange([])}
                >
                  {ui("clear")}
                </Button>
                {value.length >= MOST_GROUPS ? (
                  <span className="px-2 text-ink-soft text-xs">
                    {t("most", { most: MOST_GROUPS })}
                  </span>
                ) : null}
              </div>
            ) : null}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

import { Menu } from "@base-ui/react/menu";
import { Check, CirclePlus, X } from "lucide-react";
import { Button } from "./Button";
import { cn } from "./cn";
import type { Option } from "./Select";
import { useUiTexts } from "./texts";

/** A filter with any number of choices; none chosen filters nothing. */
export function MultiSelect<V extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly Option<V>[];
  value: readonly V[];
  onChange: (value: V[]) => void;
}) {
  const t = useUiTexts();
  const names = options.filter((one) => value.includes(one.value)).map((one) => one.label);
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <Button
            variant="secondary"
            className={cn("border-dashed", names.length > 0 && "border-line-strong border-solid")}
            icon={<CirclePlus className="size-4 text-ink-faint" aria-hidden />}
          >
            {label}
            {names.length > 0 ? (
              <span className="ml-1 max-w-40 truncate rounded bg-brand-soft px-1.5 py-0.5 font-medium text-brand-ink text-xs">
                {names.length > 2 ? names.length : names.join(", ")}
              </span>
            ) : null}
          </Button>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-50">
          <Menu.Popup className="min-w-48 rounded-xl border border-line bg-raised p-1 shadow-float outline-none">
            {options.map((option) => (
              <Menu.CheckboxItem
                key={option.value}
                checked={value.includes(option.value)}
                onCheckedChange={(checked) =>
                  onChange(
                    checked
                      ? [...value, option.value]
                      : value.filter((one) => one !== option.value),
                  )
                }
                className="flex cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 outline-none data-highlighted:bg-sunken"
              >
                <span className="grid size-4 place-items-center rounded border border-line-strong text-brand">
                  <Menu.CheckboxItemIndicator>
                    <Check className="size-3" aria-hidden />
                  </Menu.CheckboxItemIndicator>
                </span>
                {option.label}
              </Menu.CheckboxItem>
            ))}
            {value.length > 0 ? (
              <>
                <Menu.Separator className="my-1 h-px bg-line" />
                <Menu.Item
                  onClick={() => onChange([])}
                  className="flex cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 text-ink-soft outline-none data-highlighted:bg-sunken"
                >
                  <X className="size-4" aria-hidden />
                  {t("clear")}
                </Menu.Item>
              </>
            ) : null}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

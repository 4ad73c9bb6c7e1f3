import { Menu } from "@base-ui/react/menu";
import { Check, Columns3 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/shared/ui/Button";
import type { Column } from "@/shared/ui/DataTable";
import { useColumnTexts } from "./texts";

interface Choice {
  options: readonly { key: string; label: string }[];
  shown: ReadonlySet<string>;
  onToggle: (key: string) => void;
}

const keyOf = (list: string) => `solaris.columns.${list}`;

/**
 * The columns of a list that somebody wants to see, remembered in this browser. The first is always
 * there, and so is one without a text at its head; `usuallyHidden` waits to be asked for.
 */
export function useColumnChoice<Row>(
  list: string,
  all: readonly Column<Row>[],
  usuallyHidden: readonly string[],
): { columns: Column<Row>[]; choice: Choice } {
  const [turned, setTurned] = useState<readonly string[]>(() => stored(list));
  const options = all
    .slice(1)
    .flatMap(({ key, header }) => (typeof header === "string" ? [{ key, label: header }] : []));
  const isShown = (key: string) => usuallyHidden.includes(key) === turned.includes(key);
  const shown = new Set(options.map((one) => one.key).filter(isShown));
  const known = new Set(options.map((one) => one.key));
  return {
    columns: all.filter(({ key }) => !known.has(key) || shown.has(key)),
    choice: {
      options,
      shown,
      onToggle: (key) => {
        const next = turned.includes(key) ? turned.filter((one) => one !== key) : [...turned, key];
        setTurned(next);
        try {
          localStorage.setItem(keyOf(list), JSON.stringify(next));
        } catch {
          // Not remembered then; it holds until the page is loaded anew.
        }
      },
    },
  };
}

/** The columns that are otherwise than usual; what is no list of ours counts as none. */
function stored(list: string): readonly string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(list)) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** Which columns are shown; where the window has no room for one, it waits for more. */
export function ColumnMenu({ options, shown, onToggle }: Choice) {
  const t = useColumnTexts();
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <Button
            variant="ghost"
            className="max-xl:hidden"
            icon={<Columns3 className="size-4" aria-hidden />}
          >
            {t("columns")}
          </Button>
        }
      />
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-50">
          <Menu.Popup className="min-w-48 rounded-xl border border-line bg-raised p-1 shadow-float outline-none">
            {options.map(({ key, label }) => (
              <Menu.CheckboxItem
                key={key}
                checked={shown.has(key)}
                onCheckedChange={() => onToggle(key)}
                className="flex cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 outline-none data-highlighted:bg-sunken"
              >
                <span className="grid size-4 place-items-center rounded border border-line-strong text-brand">
                  <Menu.CheckboxItemIndicator>
                    <Check className="size-3" aria-hidden />
                  </Menu.CheckboxItemIndicator>
                </span>
                {label}
              </Menu.CheckboxItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

import { type ReactNode, useCallback } from "react";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { SearchInput } from "@/shared/ui/SearchInput";
import { useUiTexts } from "@/shared/ui/texts";
import { ViewsMenu } from "@/shared/views/ViewsMenu";

export interface FilterBarProps {
  /** The box that searches as one types; `onChange` has to stay the same function. */
  search?: {
    label: string;
    value: string | undefined;
    onChange: (change: { search: string }) => void;
  };
  filters: ReactNode;
  /** The saved views of the list; without it there are none. */
  views?: Parameters<typeof ViewsMenu>[0];
  /** Lists all again; undefined where all is listed. */
  onClear: (() => void) | undefined;
}

/** What narrows a list, its saved views, and the way back to all of it. */
export function FilterBar({
  search,
  filters,
  views,
  onClear,
  children,
  className,
}: FilterBarProps & { children?: ReactNode; className?: string }) {
  const t = useUiTexts();
  return (
    <div className={cn("mb-4 flex flex-wrap items-center gap-2", className)}>
      {search ? <SearchBox {...search} /> : null}
      {filters}
      {views ? <ViewsMenu {...views} /> : null}
      {onClear ? (
        <Button variant="ghost" onClick={onClear}>
          {t("clearFilters")}
        </Button>
      ) : null}
      {children}
    </div>
  );
}

function SearchBox({ label, value = "", onChange }: NonNullable<FilterBarProps["search"]>) {
  const onSearch = useCallback((search: string) => onChange({ search }), [onChange]);
  return <SearchInput label={label} value={value} onChange={onSearch} className="w-full sm:w-96" />;
}

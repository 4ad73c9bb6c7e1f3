import { useCallback } from "react";
import { Button } from "@/shared/ui/Button";
import { MultiSelect } from "@/shared/ui/MultiSelect";
import { SearchInput } from "@/shared/ui/SearchInput";
import { Segments } from "@/shared/ui/Tabs";
import { isFiltered, type KeysSearch, KINDS, STATES } from "./search";
import { useKeysTexts } from "./texts";

export function Filters({
  search,
  onChange,
  onClear,
}: {
  search: KeysSearch;
  onChange: (change: Partial<KeysSearch>) => void;
  onClear: () => void;
}) {
  const t = useKeysTexts();
  const onSearch = useCallback((value: string) => onChange({ search: value }), [onChange]);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <SearchInput
        label={t("searchLabel")}
        value={search.search ?? ""}
        onChange={onSearch}
        className="w-full sm:w-80"
      />
      <Segments
        label={t("state")}
        value={search.state ?? "all"}
        onChange={(state) => onChange({ state: state === "all" ? undefined : state })}
        options={[
          { value: "all" as const, label: t("allStates") },
          ...STATES.map((value) => ({ value, label: t(`states_${value}`) })),
        ]}
      />
      <MultiSelect
        label={t("kind")}
        value={search.kind ?? []}
        onChange={(kind) => onChange({ kind })}
        options={KINDS.map((value) => ({ value, label: t(`kind_${value}`) }))}
      />
      {isFiltered(search) ? (
        <Button variant="ghost" onClick={onClear}>
          {t("clearFilters")}
        </Button>
      ) : null}
    </div>
  );
}

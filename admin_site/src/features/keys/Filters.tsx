import { MultiSelect } from "@/shared/ui/MultiSelect";
import { Segments } from "@/shared/ui/Tabs";
import { type KeysSearch, KINDS, STATES } from "./search";
import { useKeysTexts } from "./texts";

export function Filters({
  search,
  onChange,
}: {
  search: KeysSearch;
  onChange: (change: Partial<KeysSearch>) => void;
}) {
  const t = useKeysTexts();
  return (
    <>
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
    </>
  );
}

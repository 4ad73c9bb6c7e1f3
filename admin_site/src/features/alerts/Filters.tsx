import { UserFilter } from "@/shared/people/UserFilter";
import { RangePicker } from "@/shared/range/RangePicker";
import { MultiSelect } from "@/shared/ui/MultiSelect";
import { Segments } from "@/shared/ui/Tabs";
import { type AlertsSearch, FALLBACK_RANGE, KINDS, STATES, stateOf, TYPES } from "./search";
import { useAlertsTexts } from "./texts";

const RANGES = ["any", "today", "last7", "last30", "last90"] as const;

export function Filters({
  search,
  onChange,
}: {
  search: AlertsSearch;
  onChange: (change: Partial<AlertsSearch>) => void;
}) {
  const t = useAlertsTexts();
  return (
    <>
      <Segments
        label={t("stateLabel")}
        value={stateOf(search)}
        onChange={(state) => onChange({ state })}
        options={STATES.map((value) => ({ value, label: t(`state_${value}`) }))}
      />
      <MultiSelect
        label={t("type")}
        value={search.type ?? []}
        onChange={(type) => onChange({ type })}
        options={TYPES.map((value) => ({ value, label: t(`type_${value}`) }))}
      />
      <MultiSelect
        label={t("kind")}
        value={search.kind ?? []}
        onChange={(kind) => onChange({ kind })}
        options={KINDS.map((value) => ({ value, label: t(`kind_${value}`) }))}
      />
      <UserFilter
        label={t("user")}
        value={search.user ? [search.user] : []}
        most={1}
        onChange={([user]) => onChange({ user })}
      />
      <RangePicker state={search} fallback={FALLBACK_RANGE} presets={RANGES} onChange={onChange} />
    </>
  );
}

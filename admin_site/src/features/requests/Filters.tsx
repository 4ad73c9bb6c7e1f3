import { useFormat } from "@/shared/format";
import { GroupFilter } from "@/shared/groups/GroupFilter";
import { Select } from "@/shared/ui/Select";
import { Segments } from "@/shared/ui/Tabs";
import { monthOf, monthsOf, type RequestsSearch, STATES, stateOf } from "./search";
import { useRequestsTexts } from "./texts";

export function Filters({
  search,
  period,
  onChange,
}: {
  search: RequestsSearch;
  /** The month that it is. */
  period: string;
  onChange: (change: Partial<RequestsSearch>) => void;
}) {
  const t = useRequestsTexts();
  const format = useFormat();
  const month = monthOf(search, period);
  return (
    <>
      <Segments
        label={t("stateLabel")}
        className="max-w-full flex-wrap"
        value={stateOf(search)}
        onChange={(state) => onChange({ state })}
        options={STATES.map((value) => ({ value, label: t(`state_${value}`) }))}
      />
      {month ? (
        <Select
          label={t("month")}
          className="w-48"
          value={month}
          onChange={(next) => onChange({ period: next })}
          options={monthsOf(stateOf(search), period).map((value) => ({
            value,
            label: format.month(value),
          }))}
        />
      ) : null}
      <GroupFilter
        label={t("group")}
        value={search.group ?? []}
        hasNone={false}
        onChange={(group) => onChange({ group })}
      />
    </>
  );
}

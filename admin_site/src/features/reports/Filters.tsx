import { useIsManager } from "@/shared/hooks/session";
import { FilterBar } from "@/shared/lists/FilterBar";
import { UserFilter } from "@/shared/people/UserFilter";
import { RangePicker } from "@/shared/range/RangePicker";
import { MultiSelect } from "@/shared/ui/MultiSelect";
import { Segments } from "@/shared/ui/Tabs";
import { NO_MODEL, NONE } from "./chart";
import { useGroupNames, useKeyNames, useModelNames } from "./data";
import {
  CLEARED,
  ENDPOINTS,
  FALLBACK_RANGE,
  GROUPS,
  groupOf,
  isFiltered,
  MOST_USERS,
  type ReportFilters,
  type ReportsSearch,
  STATUSES,
} from "./search";
import { useReportsTexts } from "./texts";

/** What can be chosen: what is known, and what the address asks for. */
function options(
  known: readonly { id: string; name: string | null }[] | undefined,
  chosen: readonly string[] | undefined,
  none: string,
) {
  const names = new Map((known ?? []).map((one) => [one.id, one.name ?? one.id]));
  for (const id of chosen ?? []) names.set(id, names.get(id) ?? id);
  return [...names].map(([value, name]) => ({ value, label: value === NONE ? none : name }));
}

const RANGES = ["thisMonth", "lastMonth", "last7", "last30", "last90"] as const;

/** Which requests the report counts, and by what. */
export function Filters({
  search,
  filters,
  today,
  onChange,
  onOpen,
}: {
  search: ReportsSearch;
  filters: ReportFilters;
  today: string;
  onChange: (change: Partial<ReportsSearch>) => void;
  /** Opens a saved view. */
  onOpen: (view: unknown) => void;
}) {
  const t = useReportsTexts();
  const isManager = useIsManager();
  const known = useModelNames(filters).data ?? [];
  const models = [...new Set([...known, ...(search.models ?? [])])];
  const groups = options(useGroupNames(filters).data, search.groups, t("noGroup"));
  const keys = options(useKeyNames().data, search.keys, t("noKey"));
  return (
    <FilterBar
      className="mb-5"
      filters={
        <>
          <RangePicker
            state={search}
            fallback={FALLBACK_RANGE}
            presets={RANGES}
            today={today}
            onChange={onChange}
          />
          <UserFilter
            label={t("users")}
            value={search.users ?? []}
            most={MOST_USERS}
            onChange={(users) => onChange({ users })}
          />
          <MultiSelect
            label={t("models")}
            value={search.models ?? []}
            onChange={(next) => onChange({ models: next })}
            options={models.map((value) => ({
              value,
              label: value === NO_MODEL ? t("noModel") : value,
            }))}
          />
          <MultiSelect
            label={t("groups")}
            value={search.groups ?? []}
            onChange={(next) => onChange({ groups: next })}
            options={groups}
          />
          {isManager ? null : (
            <MultiSelect
              label={t("keys")}
              value={search.keys ?? []}
              onChange={(next) => onChange({ keys: next })}
              options={keys}
            />
          )}
          <MultiSelect
            label={t("statuses")}
            value={search.statuses ?? []}
            onChange={(statuses) => onChange({ statuses })}
            options={STATUSES.map((value) => ({ value, label: t(`status_${value}`) }))}
          />
          <MultiSelect
            label={t("endpoints")}
            value={search.endpoints ?? []}
            onChange={(endpoints) => onChange({ endpoints })}
            options={ENDPOINTS.map((value) => ({ value, label: value }))}
          />
        </>
      }
      views={{ list: "reports", search, onOpen }}
      onClear={isFiltered(search) ? () => onChange(CLEARED) : undefined}
    >
      <Segments
        className="flex-wrap lg:ml-auto"
        label={t("groupBy")}
        value={groupOf(search)}
        onChange={(group) => onChange({ group })}
        options={GROUPS.filter((value) => !isManager || value !== "key").map((value) => ({
          value,
          label: t(`group_${value}`),
        }))}
      />
    </FilterBar>
  );
}

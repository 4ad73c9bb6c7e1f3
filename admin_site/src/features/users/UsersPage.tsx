import { Users } from "lucide-react";
import { useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { ExportControl } from "@/shared/exports/ExportControl";
import { useFormat } from "@/shared/format";
import { GroupFilter } from "@/shared/groups/GroupFilter";
import { useCanChange } from "@/shared/hooks/session";
import { ColumnMenu, useColumnChoice } from "@/shared/lists/ColumnMenu";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import { MultiSelect } from "@/shared/ui/MultiSelect";
import { Empty } from "@/shared/ui/states";
import { USUALLY_HIDDEN, userColumns } from "./columns";
import { useUsers } from "./data";
import { useKnownUsers } from "./known";
import { ListActions } from "./ListActions";
import { SelectionBar } from "./SelectionBar";
import {
  changed,
  DEFAULT_SORT,
  isFiltered,
  LEVELS,
  PLANS,
  type SORTS,
  STATUSES,
  toFilters,
  type UsersSearch,
  usersSearch,
} from "./search";
import { useUsersTexts } from "./texts";

type UserFilters = Model<"UserExportFilters">;
type Sort = (typeof SORTS)[number];

const CLEARED = { search: "", status: [], plan: [], level: [], group: [] };

/** Everybody, as the server filters, sorts and pages them; the state is in the address. */
export function UsersPage() {
  const t = useUsersTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const { search, update, open } = useListSearch("/users", usersSearch, changed, "pages");
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const users = useUsers(search);
  const all = useMemo(() => userColumns(t, format), [t, format]);
  const { columns, choice } = useColumnChoice("users", all, USUALLY_HIDDEN);
  const [known, learn] = useKnownUsers(users.data?.items);
  const total = users.data?.total;
  return (
    <>
      <ListPage<Model<"UserOut">>
        title={t("title")}
        description={
          total == null ? undefined : t("subtitle", { count: total, shown: format.integer(total) })
        }
        actions={
          <>
            <ExportControl
              order={{ type: "users", filters: toFilters(search) as UserFilters }}
              disabled={total === 0}
            />
            {canChange ? <ListActions /> : null}
          </>
        }
        search={{ label: t("searchLabel"), value: search.search, onChange: update }}
        filters={
          <>
            <Filters search={search} onChange={update} />
            <ColumnMenu {...choice} />
          </>
        }
        views={{ list: "users", search, onOpen: open }}
        query={users}
        table={{
          columns,
          rowKey: (user) => user.id,
          placeholderRows: 12,
          sorting: { by: search.sort ?? DEFAULT_SORT.sort, descending: search.order !== "asc" },
          onSort: ({ by, descending }) =>
            update({ sort: by as Sort, order: descending ? "desc" : "asc" }),
          ...(canChange
            ? {
                selection: {
                  selected,
                  onChange: setSelected,
                  labelAll: t("selectAll"),
                  labelRow: (user) => t("selectOne", { name: user.name || user.email }),
                },
              }
            : {}),
        }}
        pages={{ cursors: search.pages, onTurn: (pages) => update({ pages }) }}
        empty={
          <Empty icon={<Users />} title={t("emptyTitle")}>
            {t("emptyText")}
          </Empty>
        }
        none={{ title: t("noneTitle"), text: t("noneText") }}
        onClear={isFiltered(search) ? () => update(CLEARED) : undefined}
      />
      {canChange ? (
        <SelectionBar
          selected={selected}
          known={known}
          onChange={setSelected}
          rows={users.data?.items}
          total={total ?? 0}
          search={search}
          onLearn={learn}
        />
      ) : null}
    </>
  );
}

function Filters({
  search,
  onChange,
}: {
  search: UsersSearch;
  onChange: (change: Partial<UsersSearch>) => void;
}) {
  const t = useUsersTexts();
  return (
    <>
      <MultiSelect
        label={t("status")}
        value={search.status ?? []}
        onChange={(status) => onChange({ status })}
        options={STATUSES.map((value) => ({ value, label: t(`status_${value}`) }))}
      />
      <MultiSelect
        label={t("plan")}
        value={search.plan ?? []}
        onChange={(plan) => onChange({ plan })}
        options={PLANS.map((value) => ({ value, label: t(`plan_${value}`) }))}
      />
      <GroupFilter
        label={t("group")}
        value={search.group ?? []}
        onChange={(group) => onChange({ group })}
      />
      <MultiSelect
        label={t("level")}
        value={search.level ?? []}
        onChange={(level) => onChange({ level })}
        options={LEVELS.map((value) => ({ value, label: t(`level_${value}`) }))}
      />
    </>
  );
}

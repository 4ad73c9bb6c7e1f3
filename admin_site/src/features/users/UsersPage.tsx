import { useNavigate, useSearch } from "@tanstack/react-router";
import { SearchX, Users } from "lucide-react";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card, PageHeader } from "@/shared/ui/Card";
import { DataTable } from "@/shared/ui/DataTable";
import { MultiSelect } from "@/shared/ui/MultiSelect";
import { Pager } from "@/shared/ui/Pager";
import { SearchInput } from "@/shared/ui/SearchInput";
import { Empty, Failure } from "@/shared/ui/states";
import { ViewsMenu } from "@/shared/views/ViewsMenu";
import { userColumns } from "./columns";
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
  type UsersSearch,
  usersSearch,
} from "./search";
import { useUsersTexts } from "./texts";

type Sort = (typeof SORTS)[number];

/** Everybody, as the server filters, sorts and pages them; the state is in the address. */
export function UsersPage() {
  const t = useUsersTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const search = useSearch({ from: "/inside/users" });
  const navigate = useNavigate({ from: "/users" });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const users = useUsers(search);
  const update = useCallback(
    (change: Partial<UsersSearch>) =>
      void navigate({ search: (now) => changed(now, change), replace: !("pages" in change) }),
    [navigate],
  );
  const columns = useMemo(() => userColumns(t, format), [t, format]);
  const data = users.data;
  const known = useKnownUsers(data?.items);
  const pages = search.pages ?? [];
  const next = data?.nextCursor ?? null;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={
          data?.total == null
            ? "\u00a0"
            : t("subtitle", { count: data.total, shown: format.integer(data.total) })
        }
        actions={canChange ? <ListActions /> : null}
      />
      <Filters search={search} onChange={update}>
        <ViewsMenu
          list="users"
          search={search}
          onOpen={(view) => void navigate({ search: usersSearch.parse(view) })}
        />
      </Filters>
      <Card className="overflow-hidden">
        {users.error && !data ? (
          <Failure error={users.error} onRetry={() => void users.refetch()} />
        ) : (
          <DataTable<Model<"UserOut">>
            label={t("title")}
            columns={columns}
            rows={data?.items}
            rowKey={(user) => user.id}
            isStale={users.isPlaceholderData}
            placeholderRows={12}
            sorting={{ by: search.sort ?? DEFAULT_SORT.sort, descending: search.order !== "asc" }}
            onSort={({ by, descending }) =>
              update({ sort: by as Sort, order: descending ? "desc" : "asc" })
            }
            {...(canChange
              ? {
                  selection: {
                    selected,
                    onChange: setSelected,
                    labelAll: t("selectAll"),
                    labelRow: (user) => t("selectOne", { name: user.name || user.email }),
                  },
                }
              : {})}
            empty={<Nobody search={search} onClear={() => update(CLEARED)} />}
          />
        )}
        {data && (pages.length > 0 || next !== null) ? (
          <Pager
            onPrevious={pages.length > 0 ? () => update({ pages: pages.slice(0, -1) }) : undefined}
            onNext={next === null ? undefined : () => update({ pages: [...pages, next] })}
          >
            {t("page", { page: pages.length + 1 })}
          </Pager>
        ) : null}
      </Card>
      {canChange ? <SelectionBar selected={selected} known={known} onChange={setSelected} /> : null}
    </>
  );
}

const CLEARED = { search: "", status: [], plan: [], level: [] };

function Filters({
  search,
  onChange,
  children,
}: {
  search: UsersSearch;
  onChange: (change: Partial<UsersSearch>) => void;
  children: ReactNode;
}) {
  const t = useUsersTexts();
  const onSearch = useCallback((value: string) => onChange({ search: value }), [onChange]);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <SearchInput
        label={t("searchLabel")}
        value={search.search ?? ""}
        onChange={onSearch}
        className="w-full sm:w-96"
      />
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
      <MultiSelect
        label={t("level")}
        value={search.level ?? []}
        onChange={(level) => onChange({ level })}
        options={LEVELS.map((value) => ({ value, label: t(`level_${value}`) }))}
      />
      {children}
      {isFiltered(search) ? (
        <Button variant="ghost" onClick={() => onChange(CLEARED)}>
          {t("clearFilters")}
        </Button>
      ) : null}
    </div>
  );
}

function Nobody({ search, onClear }: { search: UsersSearch; onClear: () => void }) {
  const t = useUsersTexts();
  return isFiltered(search) ? (
    <Empty
      icon={<SearchX />}
      title={t("noneTitle")}
      action={<Button onClick={onClear}>{t("clearFilters")}</Button>}
    >
      {t("noneText")}
    </Empty>
  ) : (
    <Empty icon={<Users />} title={t("emptyTitle")}>
      {t("emptyText")}
    </Empty>
  );
}

import { Link } from "@tanstack/react-router";
import { Building2, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useFormat } from "@/shared/format";
import { type Group, NO_GROUP, useGroups } from "@/shared/groups/data";
import { useCanChange } from "@/shared/hooks/session";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import { useBringing } from "@/shared/propagation/bringing";
import { Progress } from "@/shared/propagation/Progress";
import { Button, buttonClass } from "@/shared/ui/Button";
import { Empty } from "@/shared/ui/states";
import { groupColumns } from "./columns";
import { DeleteDialog } from "./DeleteDialog";
import { GroupDialog } from "./GroupDialog";
import { changed, groupsSearch, pageOf, type Sort } from "./search";
import { useGroupsTexts } from "./texts";

/** Departments, courses, customers: what each states, who is in it, what they have used. */
export function GroupsPage() {
  const t = useGroupsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const { search, update } = useListSearch("/groups", groupsSearch, changed, "pages");
  const query = useGroups();
  const groups = query.data;
  const [edited, setEdited] = useState<Group | "new" | null>(null);
  const [removed, setRemoved] = useState<Group | null>(null);
  useBringing(groups?.propagation, canChange);
  const columns = useMemo(
    () => groupColumns(t, format, canChange ? { onEdit: setEdited, onRemove: setRemoved } : null),
    [t, format, canChange],
  );
  const page = useMemo(() => groups && pageOf(groups.items, search), [groups, search]);
  const create = canChange ? (
    <Button
      variant="primary"
      icon={<Plus className="size-4" aria-hidden />}
      onClick={() => setEdited("new")}
    >
      {t("create")}
    </Button>
  ) : null;
  const isNone = groups?.items.length === 0;
  return (
    <>
      <ListPage<Group>
        title={t("title")}
        description={groups && described(groups.items.length)}
        actions={isNone ? null : create}
        {...(isNone
          ? {}
          : { search: { label: t("searchLabel"), value: search.search, onChange: update } })}
        filters={isNone ? null : <Without count={groups?.usersWithoutGroup} />}
        above={groups ? <Progress run={groups.propagation} targetType="group" /> : null}
        query={{
          data: page,
          error: query.error,
          refetch: query.refetch,
          isPlaceholderData: false,
        }}
        table={{
          columns,
          rowKey: (group) => group.id,
          placeholderRows: 8,
          sorting: { by: search.sort ?? "name", descending: search.order === "desc" },
          onSort: ({ by, descending }) => {
            // names begin at A, figures at the most
            const isTurned = by === (search.sort ?? "name");
            const order = isTurned ? descending : by !== "name";
            update({ sort: by as Sort, order: order ? "desc" : "asc" });
          },
        }}
        pages={{ cursors: search.pages, onTurn: (pages) => update({ pages }) }}
        empty={<NoGroups action={create} />}
        none={{ title: t("noneTitle"), text: t("noneText") }}
        onClear={search.search ? () => update({ search: "" }) : undefined}
      />
      {canChange ? (
        <>
          <GroupDialog about={edited} onClose={() => setEdited(null)} />
          <DeleteDialog group={removed} onClose={() => setRemoved(null)} />
        </>
      ) : null}
    </>
  );

  function described(count: number): string {
    return count === 0 ? t("subtitleNone") : t("subtitle", { count, shown: format.integer(count) });
  }
}

/** The way to those who are in none. */
function Without({ count }: { count: number | undefined }) {
  const t = useGroupsTexts();
  const format = useFormat();
  if (!count) return <span className="h-9" />;
  return (
    <Link
      to="/users"
      search={{ group: [NO_GROUP] }}
      className="rounded px-1 font-medium text-brand-ink hover:underline"
    >
      {t("without", { count, shown: format.integer(count) })}
    </Link>
  );
}

function NoGroups({ action }: { action: React.ReactNode }) {
  const t = useGroupsTexts();
  return (
    <Empty
      icon={<Building2 />}
      title={t("emptyTitle")}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {action}
          <Link to="/users" className={buttonClass()}>
            {t("toUsers")}
          </Link>
        </div>
      }
    >
      <p>{t("emptyText")}</p>
      {action ? <p className="mt-3">{t("emptyCsv")}</p> : null}
    </Empty>
  );
}

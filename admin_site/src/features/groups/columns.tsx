import { Link } from "@tanstack/react-router";
import type { Format } from "@/shared/format";
import type { Group } from "@/shared/groups/data";
import { cn } from "@/shared/ui/cn";
import type { Column } from "@/shared/ui/DataTable";
import { UsageBar } from "@/shared/ui/UsageBar";
import { RowMenu } from "./RowMenu";
import type { GroupsTexts } from "./texts";

export interface GroupActions {
  onEdit: (group: Group) => void;
  onRemove: (group: Group) => void;
}

/** The columns of the list; the most telling stay on a phone. `actions` null: nothing to do. */
export function groupColumns(
  t: GroupsTexts,
  format: Format,
  actions: GroupActions | null,
): Column<Group>[] {
  const members = (group: Group) =>
    group.users === 0
      ? t("nobody")
      : t("members", { count: group.users, shown: format.integer(group.users) });
  return [
    {
      key: "name",
      header: t("name"),
      sort: "name",
      className: "max-w-44 sm:max-w-72",
      cell: (group) => (
        <Link
          to="/users"
          search={{ group: [group.id] }}
          className="group block min-w-0 rounded"
          title={group.name}
        >
          <span className="block truncate font-medium text-ink group-hover:underline">
            {group.name}
          </span>
          <span className="block truncate text-[0.8125rem] text-ink-soft">
            {group.costCenter}
            <span className="sm:hidden">
              {group.costCenter ? " · " : ""}
              {members(group)}
            </span>
          </span>
        </Link>
      ),
    },
    {
      key: "users",
      header: t("users"),
      sort: "users",
      align: "right",
      from: "sm",
      cell: (group) => (
        <span className={group.users === 0 ? "text-ink-faint" : "text-ink"}>
          {format.integer(group.users)}
        </span>
      ),
    },
    {
      key: "usage",
      header: t("usage"),
      sort: "usage",
      className: "w-28 sm:w-44 lg:w-56",
      cell: (group) => <Usage group={group} t={t} format={format} />,
    },
    {
      key: "limit",
      header: t("limit"),
      sort: "limit",
      align: "right",
      from: "md",
      cell: (group) =>
        group.monthlyLimit === null ? (
          <span className="text-ink-faint">{t("asPlan")}</span>
        ) : (
          <span title={format.integer(group.monthlyLimit)}>
            {format.compact(group.monthlyLimit)}
          </span>
        ),
    },
    {
      key: "plan",
      header: t("plan"),
      from: "lg",
      cell: (group) => (
        <span className={cn("whitespace-nowrap", group.plan ? "text-ink-soft" : "text-ink-faint")}>
          {group.plan ? t(`plan_${group.plan}`) : t("own")}
        </span>
      ),
    },
    {
      key: "managers",
      header: t("managers"),
      from: "xl",
      className: "max-w-56",
      cell: (group) => <Managers group={group} t={t} />,
    },
    ...(actions
      ? [
          {
            key: "actions",
            header: <span className="sr-only">{t("actionsFor", { name: "" })}</span>,
            align: "right" as const,
            className: "w-14",
            cell: (group: Group) => <RowMenu group={group} actions={actions} />,
          },
        ]
      : []),
  ];
}

/** What is used, and how much of the ceiling that is where there is one. */
function Usage({ group, t, format }: { group: Group; t: GroupsTexts; format: Format }) {
  const { usedTokens: used, ceilingTokens: ceiling } = group;
  if (ceiling === null) {
    return (
      <div>
        <p className="tabular text-[0.8125rem]" title={format.integer(used)}>
          {format.compact(used)}
        </p>
        <p className="hidden text-ink-faint text-xs sm:block">{t("noCeiling")}</p>
      </div>
    );
  }
  const percent = ceiling === 0 ? 100 : (100 * used) / ceiling;
  const shown = format.percent(percent);
  return (
    <div>
      <p className="mb-1.5 flex items-baseline justify-between gap-3 text-[0.8125rem]">
        <span className="tabular hidden truncate sm:inline" title={format.integer(used)}>
          {t("ofCeiling", { used: format.compact(used), ceiling: format.compact(ceiling) })}
        </span>
        <span className="tabular text-ink-soft">{shown}</span>
      </p>
      <UsageBar percent={percent} label={t("percentOfCeiling", { percent: shown })} />
    </div>
  );
}

function Managers({ group, t }: { group: Group; t: GroupsTexts }) {
  const [first, ...others] = group.managers;
  if (first === undefined) return <span className="text-ink-faint">{t("nobody")}</span>;
  return (
    <span className="flex min-w-0 items-center gap-1.5" title={group.managers.join(", ")}>
      <span className="truncate text-ink-soft">{first}</span>
      {others.length > 0 ? (
        <span className="shrink-0 text-ink-faint text-xs">
          {t("morePeople", { count: others.length })}
        </span>
      ) : null}
    </span>
  );
}

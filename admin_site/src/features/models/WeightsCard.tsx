import { Ellipsis, Pencil, Scale, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { useFormat } from "@/shared/format";
import { IconButton } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Empty } from "@/shared/ui/states";
import { uiText } from "@/shared/ui/texts";
import { useWeightTexts } from "@/shared/weights/texts";
import { countsText, reachText, type Words } from "./entries";
import { type Entry, ordered, type Table } from "./form";
import { useModelsTexts } from "./texts";

export interface EntryActions {
  onEdit: (entry: Entry) => void;
  onRemove: (entry: Entry) => void;
}

/** The weights in force, and who has changed them; a viewer has no `actions`. */
export function WeightsCard({
  table,
  actions,
  add,
}: {
  table: Table | undefined;
  actions: EntryActions | null;
  add: ReactNode;
}) {
  const t = useModelsTexts();
  const words: Words = { t, weights: useWeightTexts(), format: useFormat() };
  return (
    <Card className="overflow-hidden">
      <CardHeader title={t("weights")} description={t("weightsText")} />
      <DataTable
        label={t("weights")}
        columns={columns(words, actions)}
        rows={table && ordered(table.entries)}
        rowKey={(entry) => entry.name}
        placeholderRows={3}
        empty={
          <Empty icon={<Scale />} title={t("weightsEmptyTitle")} action={add}>
            {t("weightsEmptyText")}
          </Empty>
        }
      />
      {table ? <Changed table={table} words={words} /> : null}
    </Card>
  );
}

function Changed({ table, words: { t, format } }: { table: Table; words: Words }) {
  const isOfEnvironment = table.version === 0 || table.changedAt === null;
  if (isOfEnvironment && table.entries.length === 0) return null;
  return (
    <p className="wrap-anywhere border-line border-t px-5 py-3 text-[0.8125rem] text-ink-soft">
      {isOfEnvironment
        ? t("ofEnvironment")
        : t("changed", {
            when: format.dateTime(table.changedAt ?? ""),
            who: table.changedBy ?? "—",
          })}
    </p>
  );
}

function columns(words: Words, actions: EntryActions | null): Column<Entry>[] {
  const { t } = words;
  const shown: Column<Entry>[] = [
    {
      key: "name",
      header: t("name"),
      className: "max-w-44 sm:max-w-72",
      cell: ({ name }) => (
        <>
          <span className="block truncate font-mono text-[0.8125rem] text-ink" title={name}>
            {name}
          </span>
          {reachText(name, t) ? (
            <span className="block text-ink-soft text-xs">{reachText(name, t)}</span>
          ) : null}
        </>
      ),
    },
    { key: "counts", header: t("counts"), cell: (entry) => countsText(entry, words) },
  ];
  if (actions === null) return shown;
  return [
    ...shown,
    {
      key: "actions",
      header: <span className="sr-only">{uiText("actions")}</span>,
      align: "right",
      className: "w-12 py-1.5",
      cell: (entry) => <EntryMenu entry={entry} {...actions} />,
    },
  ];
}

function EntryMenu({ entry, onEdit, onRemove }: { entry: Entry } & EntryActions) {
  const t = useModelsTexts();
  return (
    <Menu
      trigger={
        <IconButton label={t("actionsFor", { name: entry.name })}>
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => onEdit(entry)}>
        {t("edit")}
      </MenuItem>
      <MenuItem icon={<Trash2 />} danger onSelect={() => onRemove(entry)}>
        {t("remove")}
      </MenuItem>
    </Menu>
  );
}

import type { UseQueryResult } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import { useMemo } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { ListCard } from "@/shared/lists/ListCard";
import { CardHeader } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { groupColumns, requestColumns } from "./columns";
import { CLEARED, groupOf, isFiltered, type ReportsSearch, type Sort, sortingOf } from "./search";
import { useReportsTexts } from "./texts";

const PLACEHOLDER_ROWS = 10;

/** The table of the report: one page, in the server's order. */
export function Rows({
  search,
  rows,
  totals,
  onChange,
}: {
  search: ReportsSearch;
  rows: UseQueryResult<Model<"UsageReport">>;
  totals: Model<"FiguresOut"> | null;
  onChange: (change: Partial<ReportsSearch>) => void;
}) {
  const t = useReportsTexts();
  const format = useFormat();
  const group = groupOf(search);
  const whole = totals?.tokens ?? null;
  const { statuses, endpoints, keys } = search;
  const columns = useMemo(
    () =>
      group === "none"
        ? requestColumns(t, format)
        : groupColumns(group, t, format, whole, { statuses, endpoints, keys }),
    [group, t, format, whole, statuses, endpoints, keys],
  );
  const data = rows.data;
  const title = t(`table_${group}`);
  return (
    <ListCard
      key={group}
      className="mt-5"
      label={title}
      head={
        <CardHeader
          title={title}
          actions={
            data?.total == null ? null : (
              <span className="tabular text-[0.8125rem] text-ink-soft">
                {t("rows", { count: data.total, shown: format.integer(data.total) })}
              </span>
            )
          }
        />
      }
      query={rows}
      table={{
        columns,
        rowKey: (row) => row.key,
        placeholderRows: PLACEHOLDER_ROWS,
        sorting: sortingOf(search),
        onSort: ({ by, descending }) =>
          onChange({ sort: by as Sort, order: descending ? "desc" : "asc" }),
      }}
      pages={{ cursors: search.pages, onTurn: (pages) => onChange({ pages }) }}
      empty={
        <Empty icon={<ChartNoAxesColumn />} title={t("emptyTitle")}>
          {t("emptyText")}
        </Empty>
      }
      none={{ title: t("filteredTitle"), text: t("filteredText") }}
      onClear={isFiltered(search) ? () => onChange(CLEARED) : undefined}
    />
  );
}

import type { UseQueryResult } from "@tanstack/react-query";
import { ChartNoAxesColumn, SearchX } from "lucide-react";
import { useMemo } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { DataTable } from "@/shared/ui/DataTable";
import { Pager } from "@/shared/ui/Pager";
import { Empty, Failure } from "@/shared/ui/states";
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
  const { statuses, endpoints } = search;
  const columns = useMemo(
    () =>
      group === "none"
        ? requestColumns(t, format)
        : groupColumns(group, t, format, whole, { statuses, endpoints }),
    [group, t, format, whole, statuses, endpoints],
  );
  const data = rows.data;
  const pages = search.pages ?? [];
  const next = data?.nextCursor ?? null;
  const title = t(`table_${group}`);
  return (
    <Card className="mt-5 overflow-hidden">
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
      {rows.error && !data ? (
        <Failure error={rows.error} onRetry={() => void rows.refetch()} />
      ) : (
        <DataTable
          key={group}
          label={title}
          columns={columns}
          rows={data?.items}
          rowKey={(row) => row.key}
          isStale={rows.isPlaceholderData}
          placeholderRows={PLACEHOLDER_ROWS}
          sorting={sortingOf(search)}
          onSort={({ by, descending }) =>
            onChange({ sort: by as Sort, order: descending ? "desc" : "asc" })
          }
          empty={<Nothing search={search} onClear={() => onChange(CLEARED)} />}
        />
      )}
      {data && (pages.length > 0 || next !== null) ? (
        <Pager
          onPrevious={pages.length > 0 ? () => onChange({ pages: pages.slice(0, -1) }) : undefined}
          onNext={next === null ? undefined : () => onChange({ pages: [...pages, next] })}
        >
          {t("page", { page: pages.length + 1 })}
        </Pager>
      ) : null}
    </Card>
  );
}

function Nothing({ search, onClear }: { search: ReportsSearch; onClear: () => void }) {
  const t = useReportsTexts();
  return isFiltered(search) ? (
    <Empty
      icon={<SearchX />}
      title={t("filteredTitle")}
      action={<Button onClick={onClear}>{t("clearFilters")}</Button>}
    >
      {t("filteredText")}
    </Empty>
  ) : (
    <Empty icon={<ChartNoAxesColumn />} title={t("emptyTitle")}>
      {t("emptyText")}
    </Empty>
  );
}

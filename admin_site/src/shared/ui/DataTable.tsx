import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";
import { Skeleton } from "./states";

export interface Column<Row> {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  align?: "left" | "right";
  /** From which width on it is shown; the first column always is. */
  from?: "sm" | "md" | "lg" | "xl";
  /** The name to sort by; without it the column does not sort. */
  sort?: string;
  className?: string;
}

export interface Sorting {
  by: string;
  descending: boolean;
}

const FROM = {
  sm: "hidden sm:table-cell",
  md: "hidden md:table-cell",
  lg: "hidden lg:table-cell",
  xl: "hidden xl:table-cell",
} as const;

export interface DataTableProps<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  /** undefined: not loaded yet, and `placeholderRows` bars stand in their place. */
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  /** Rows being replaced by a next page stay, faded. */
  isStale?: boolean;
  placeholderRows?: number;
  empty?: ReactNode;
  /** Boxes before each row; `label` names one. */
  selection?: {
    selected: ReadonlySet<string>;
    onChange: (selected: ReadonlySet<string>) => void;
    labelAll: string;
    labelRow: (row: Row) => string;
  };
}

/** A table of one page of rows that the server has filtered and sorted. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, isStale = false, placeholderRows = 8, selection } = props;
  if (rows?.length === 0) return <>{props.empty}</>;
  const keys = rows?.map(rowKey) ?? [];
  const chosen = selection ? keys.filter((key) => selection.selected.has(key)).length : 0;
  return (
    <div className="overflow-x-auto">
      <table className="w-full border-collapse text-left" aria-label={label} aria-busy={!rows}>
        <thead>
          <tr className="border-line border-b">
            {selection ? (
              <th scope="col" className="w-10 py-2.5 pl-5">
                <Box
                  label={selection.labelAll}
                  checked={keys.length > 0 && chosen === keys.length}
                  isMixed={chosen > 0 && chosen < keys.length}
                  onChange={(checked) => {
                    const next = new Set(selection.selected);
                    for (const key of keys) checked ? next.add(key) : next.delete(key);
                    selection.onChange(next);
                  }}
                />
              </th>
            ) : null}
            {columns.map((column) => (
              <Header
                key={column.key}
                column={column}
                {...(props.sorting ? { sorting: props.sorting } : {})}
                {...(props.onSort ? { onSort: props.onSort } : {})}
              />
            ))}
          </tr>
        </thead>
        <tbody className={cn("transition-opacity", isStale && "opacity-50")}>
          {rows
            ? rows.map((row) => {
                const key = rowKey(row);
                return (
                  <tr key={key} className="border-line border-b last:border-b-0 hover:bg-sunken/70">
                    {selection ? (
                      <td className="w-10 py-3 pl-5">
                        <Box
                          label={selection.labelRow(row)}
                          checked={selection.selected.has(key)}
                          onChange={(checked) => {
                            const next = new Set(selection.selected);
                            if (checked) next.add(key);
                            else next.delete(key);
                            selection.onChange(next);
                          }}
                        />
                      </td>
                    ) : null}
                    {columns.map((column) => (
                      <td key={column.key} className={cellClass(column)}>
                        {column.cell(row)}
                      </td>
                    ))}
                  </tr>
                );
              })
            : Array.from({ length: placeholderRows }, (_, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name
                <tr key={index} className="border-line border-b last:border-b-0">
                  {selection ? <td className="w-10" /> : null}
                  {columns.map((column) => (
                    <td key={column.key} className={cellClass(column)}>
                      <Skeleton className="my-0.5 h-4 w-full max-w-32" />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

function cellClass<Row>(column: Column<Row>): string {
  return cn(
    "px-3 py-3 align-middle first:pl-5 last:pr-5",
    column.align === "right" && "tabular text-right",
    column.from && FROM[column.from],
    column.className,
  );
}

function Header<Row>({
  column,
  sorting,
  onSort,
}: {
  column: Column<Row>;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
}) {
  const isSorted = sorting !== undefined && sorting.by === column.sort;
  const sorted = isSorted ? (sorting.descending ? "descending" : "ascending") : undefined;
  const Arrow = isSorted ? (sorting.descending ? ArrowDown : ArrowUp) : ChevronsUpDown;
  const by = column.sort;
  return (
    <th
      scope="col"
      aria-sort={sorted}
      className={cn(
        cellClass(column),
        "whitespace-nowrap py-2.5 font-medium text-ink-soft text-xs",
      )}
    >
      {by !== undefined && onSort ? (
        <button
          type="button"
          className={cn(
            "inline-flex items-center gap-1 rounded-md hover:text-ink",
            isSorted && "text-ink",
          )}
          onClick={() => onSort({ by, descending: isSorted ? !sorting.descending : true })}
        >
          {column.header}
          <Arrow className={cn("size-3.5", !isSorted && "opacity-50")} aria-hidden />
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

function Box({
  label,
  checked,
  isMixed = false,
  onChange,
}: {
  label: string;
  checked: boolean;
  isMixed?: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={checked}
      ref={(element) => {
        if (element) element.indeterminate = isMixed;
      }}
      onChange={(event) => onChange(event.currentTarget.checked)}
      className="block size-4 cursor-pointer rounded accent-brand"
    />
  );
}

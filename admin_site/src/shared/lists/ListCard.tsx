import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { DataTable, type DataTableProps } from "@/shared/ui/DataTable";
import { Pager } from "@/shared/ui/Pager";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { type Endless, More } from "./More";

interface Answer<Data> {
  data: Data | undefined;
  error: unknown;
  refetch: () => unknown;
  isPlaceholderData: boolean;
}
interface Page<Row> {
  items: readonly Row[];
  nextCursor?: string | null;
}

/** One page of rows, or page below page; `isSearching`: the next is asked for by itself. */
export type ListQuery<Row> =
  | Answer<Page<Row>>
  | (Answer<{ pages: readonly Page<Row>[] }> & Endless & { isSearching?: boolean });

export interface ListCardProps<Row> {
  /** What is listed, for screen readers. */
  label: string;
  query: ListQuery<Row>;
  /** What stands there when there is nothing to list. */
  empty: ReactNode;
  /** What stands there when nothing is listed because of the filters, and the way back to all. */
  none?: { title: string; text: string; keepLooking?: string };
  onClear?: (() => void) | undefined;
  /** The cursors up to the page that is shown; without it the list has no pages to turn. */
  pages?: { cursors: readonly string[] | undefined; onTurn: (cursors: string[]) => void };
  /** The rows as a table … */
  table?: Omit<DataTableProps<Row>, "label" | "rows" | "isStale" | "empty">;
  /** … or in a shape of their own; undefined: bars in their place. */
  children?: (rows: readonly Row[] | undefined) => ReactNode;
  /** Beside "show more". */
  beside?: ReactNode;
  head?: ReactNode;
  className?: string;
}

/** A list in its card: awaited, failed, empty, nothing found, or its rows and the way to more. */
export function ListCard<Row>(props: ListCardProps<Row>) {
  const { label, query, table, pages } = props;
  const endless = "fetchNextPage" in query ? query : null;
  const found = endless
    ? endless.data?.pages.flatMap((page) => page.items)
    : (query as Answer<Page<Row>>).data?.items;
  const rows = found?.length === 0 && endless?.isSearching ? undefined : found;
  const looksOn = rows?.length === 0 && props.onClear && props.none?.keepLooking;
  return (
    <Card
      className={cn("overflow-hidden", props.className)}
      {...(table ? {} : { "aria-label": label, "aria-busy": !rows })}
    >
      {props.head}
      {query.error && !found ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : rows?.length === 0 ? (
        <Nothing {...props} endless={endless} />
      ) : table ? (
        <DataTable {...table} label={label} rows={rows} isStale={query.isPlaceholderData} />
      ) : (
        props.children?.(rows)
      )}
      {endless && rows && !looksOn ? <More query={endless}>{props.beside}</More> : null}
      {pages && !endless && query.data ? (
        <Turning query={query as Answer<Page<Row>>} pages={pages} />
      ) : null}
    </Card>
  );
}

/** Bars in the place of rows of two lines. */
export function Bars({ count }: { count: number }) {
  return (
    <div className="flex flex-col gap-5 px-5 pb-5">
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name
        <Skeleton key={index} className="h-12 w-full" />
      ))}
    </div>
  );
}

function Nothing<Row>({
  none,
  onClear,
  empty,
  endless,
}: ListCardProps<Row> & { endless: Endless | null }) {
  const t = useUiTexts();
  if (!none || !onClear) return <>{empty}</>;
  return (
    <Empty
      icon={<SearchX />}
      title={none.title}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {none.keepLooking && endless?.hasNextPage ? (
            <Button
              variant="primary"
              busy={endless.isFetchingNextPage}
              onClick={() => void endless.fetchNextPage()}
            >
              {none.keepLooking}
            </Button>
          ) : null}
          <Button onClick={onClear}>{t("clearFilters")}</Button>
        </div>
      }
    >
      {none.text}
    </Empty>
  );
}

function Turning<Row>({
  query,
  pages,
}: {
  query: Answer<Page<Row>>;
  pages: NonNullable<ListCardProps<Row>["pages"]>;
}) {
  const t = useUiTexts();
  const cursors = pages.cursors ?? [];
  const next = query.data?.nextCursor ?? null;
  if (cursors.length === 0 && next === null) return null;
  return (
    <Pager
      onPrevious={cursors.length > 0 ? () => pages.onTurn(cursors.slice(0, -1)) : undefined}
      onNext={next === null ? undefined : () => pages.onTurn([...cursors, next])}
    >
      {t("page", { page: cursors.length + 1 })}
    </Pager>
  );
}

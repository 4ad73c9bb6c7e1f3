import type { ReactNode } from "react";
import { PageHeader } from "@/shared/ui/Card";
import { FilterBar, type FilterBarProps } from "./FilterBar";
import { ListCard, type ListCardProps } from "./ListCard";

/** Stands where a count will, so that nothing moves when it comes. */
const AWAITED = "\u00a0";

/**
 * A page that lists: its head with what can be done, filters, saved views, and the list.
 *
 * A page says its columns, filters, texts and actions; what is narrowed is kept in the address
 * (`useListSearch`).
 */
export function ListPage<Row>({
  title,
  description,
  actions,
  search,
  filters,
  views,
  above,
  ...list
}: {
  title: string;
  /** A line below the title; undefined: awaited. */
  description: string | undefined;
  actions?: ReactNode;
  /** Between the filters and the list. */
  above?: ReactNode;
} & Partial<Omit<FilterBarProps, "onClear">> &
  Omit<ListCardProps<Row>, "label" | "head" | "className">) {
  return (
    <>
      <PageHeader title={title} description={description ?? AWAITED} actions={actions} />
      {filters ? (
        <FilterBar
          filters={filters}
          onClear={list.onClear}
          {...(search ? { search } : {})}
          {...(views ? { views } : {})}
        />
      ) : null}
      {above}
      <ListCard<Row> label={title} {...list} />
    </>
  );
}

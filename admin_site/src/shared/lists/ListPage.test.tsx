import { fireEvent, render, screen, within } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { setLocale } from "@/shared/i18n";
import type { ListQuery } from "./ListCard";
import { ListPage } from "./ListPage";

type Row = { id: string };

const refetch = vi.fn();
const fetchNextPage = vi.fn();
const onClear = vi.fn();
const onTurn = vi.fn();
const ANSWER = { data: undefined, error: null, refetch, isPlaceholderData: false };
const ENDLESS = { ...ANSWER, hasNextPage: true, isFetchingNextPage: false, fetchNextPage };
const NONE = { title: "Nothing found", text: "Look elsewhere.", keepLooking: "Keep looking" };

beforeEach(() => {
  vi.clearAllMocks();
  setLocale("en");
});

function show(query: ListQuery<Row>, isFiltered = false, cursors?: string[]) {
  render(
    <ListPage<Row>
      title="Things"
      description="All of them"
      filters={<p>filters</p>}
      query={query}
      table={{
        columns: [{ key: "id", header: "Id", cell: (row) => row.id }],
        rowKey: (row) => row.id,
      }}
      pages={{ cursors, onTurn }}
      empty={<p>No things yet</p>}
      none={NONE}
      onClear={isFiltered ? onClear : undefined}
    />,
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

it("says that rows are awaited, and names what is listed", () => {
  show(ANSWER);
  expect(screen.getByRole("heading", { level: 1, name: "Things" })).toBeVisible();
  expect(screen.getByRole("table", { name: "Things" })).toHaveAttribute("aria-busy", "true");
});

it("offers to try again where nothing could be had, and keeps old rows where they are", () => {
  const error = new ApiError(503, { code: "unavailable" });
  show({ ...ANSWER, error });
  press("Try again");
  expect(refetch).toHaveBeenCalledOnce();
  show({ ...ANSWER, error, data: { items: [{ id: "kept" }] } });
  expect(screen.getByRole("cell", { name: "kept" })).toBeVisible();
});

it("tells an empty list from one that filters emptied", () => {
  show({ ...ANSWER, data: { items: [] } });
  expect(screen.getByText("No things yet")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Clear filters" })).toBeNull();
  show({ ...ANSWER, data: { items: [] } }, true);
  const found = screen.getByText("Nothing found").closest("section") as HTMLElement;
  fireEvent.click(within(found).getByRole("button", { name: "Clear filters" }));
  expect(onClear).toHaveBeenCalledOnce();
});

it("turns pages by their cursors", () => {
  show({ ...ANSWER, data: { items: [{ id: "one" }], nextCursor: "c3" } }, false, ["c1", "c2"]);
  expect(screen.getByText("Page 3")).toBeVisible();
  press("Next");
  press("Previous");
  expect(onTurn.mock.calls).toEqual([[["c1", "c2", "c3"]], [["c1"]]]);
});

it("puts page below page, and looks on where a page of a filtered list is empty", () => {
  show({ ...ENDLESS, data: { pages: [{ items: [{ id: "one" }] }, { items: [{ id: "two" }] }] } });
  expect(screen.getAllByRole("row")).toHaveLength(3);
  press("Show more");
  show({ ...ENDLESS, data: { pages: [{ items: [] }] } }, true);
  press("Keep looking");
  expect(fetchNextPage).toHaveBeenCalledTimes(2);
  expect(screen.getAllByRole("button", { name: "Show more" })).toHaveLength(1);
  show({ ...ENDLESS, data: { pages: [{ items: [] }] }, isSearching: true });
  expect(screen.getAllByRole("table").at(-1)).toHaveAttribute("aria-busy", "true");
});

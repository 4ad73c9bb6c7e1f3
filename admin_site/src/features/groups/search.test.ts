import { expect, it } from "vitest";
import { changed, groupsSearch, PAGE_ROWS, pageOf } from "./search";
import { someGroup } from "./testing";

const THOUSAND = Array.from({ length: 1_000 }, (_, n) =>
  someGroup({ id: String(n), name: `Turma ${String(n).padStart(3, "0")}`, users: n % 10 }),
);

it("shows a thousand groups a page at a time", () => {
  const first = pageOf(THOUSAND, {});
  expect([first.items.length, first.total, first.nextCursor]).toEqual([PAGE_ROWS, 1_000, "50"]);
  const last = pageOf(THOUSAND, { pages: ["50", "950"] });
  expect([last.items[0]?.name, last.nextCursor]).toEqual(["Turma 950", null]);
  expect(pageOf(THOUSAND, { pages: ["nowhere"] }).items[0]?.name).toBe("Turma 000");
});

it("finds by every word in name and cost center, whatever case and accents", () => {
  const groups = [
    someGroup({ id: "a", name: "Jurídico", costCenter: "CC-1" }),
    someGroup({ id: "b", name: "Jurídico Sul", costCenter: "CC-2" }),
  ];
  expect(pageOf(groups, { search: "JURIDICO cc-2" }).items.map((one) => one.id)).toEqual(["b"]);
  expect(pageOf(groups, { search: "vendas" }).total).toBe(0);
});

it("sorts by figures with the names behind, and puts who states no limit last", () => {
  const groups = [
    someGroup({ id: "none" }),
    someGroup({ id: "low", monthlyLimit: 0 }),
    someGroup({ id: "high", monthlyLimit: 5 }),
  ];
  const ids = (order: "asc" | "desc") =>
    pageOf(groups, { sort: "limit", order }).items.map((one) => one.id);
  expect(ids("asc")).toEqual(["low", "high", "none"]);
  expect(ids("desc")).toEqual(["high", "low", "none"]);
});

it("begins at the first page when something else is looked for", () => {
  expect(changed({ pages: ["50"], sort: "users" }, { search: "a" })).toEqual({
    sort: "users",
    search: "a",
  });
  expect(groupsSearch.parse({ sort: "colour", pages: "x" })).toEqual({});
});

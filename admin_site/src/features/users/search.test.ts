import { describe, expect, it } from "vitest";
import { changed, isFiltered, toQuery, usersSearch } from "./search";

describe("the users' table in the address", () => {
  it("drops what it does not know instead of failing", () => {
    const parsed = usersSearch.parse({ status: ["gone"], sort: "colour", search: "ana" });
    expect(parsed).toEqual({ search: "ana" });
  });

  it("begins at the first page when a filter changes", () => {
    const next = changed({ pages: ["a", "b"], search: "ana" }, { status: ["active"] });
    expect(next).toEqual({ search: "ana", status: ["active"] });
  });

  it("keeps the filters when a page is turned", () => {
    const next = changed({ search: "ana", pages: ["a"] }, { pages: ["a", "b"] });
    expect(toQuery(next, 50)).toMatchObject({ search: "ana", cursor: "b" });
  });

  it("asks for everybody at 80% or more by one word", () => {
    const search = usersSearch.parse({ level: ["near"] });
    expect(search).toEqual({ level: ["near"] });
    const usageLevel = ["warning", "critical", "blocked"];
    expect(toQuery(search, 50)).toMatchObject({ usageLevel });
    expect(toQuery({ level: ["blocked", "near", "ok"] }, 50).usageLevel?.toSorted()).toEqual(
      [...usageLevel, "ok"].toSorted(),
    );
  });

  it("leaves empty filters out of the address and the request", () => {
    const next = changed({ status: ["active"], search: "ana" }, { status: [], search: "" });
    expect(next).toEqual({});
    expect(isFiltered(next)).toBe(false);
    expect(toQuery(next, 50)).toEqual({ limit: 50, sort: "percentage", order: "desc" });
  });
});

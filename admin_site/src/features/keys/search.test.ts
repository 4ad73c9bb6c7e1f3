import { describe, expect, it } from "vitest";
import { changed, isFiltered, keysSearch, toQuery } from "./search";

describe("the keys' table in the address", () => {
  it("drops what it does not know instead of failing", () => {
    expect(keysSearch.parse({ state: "gone", kind: ["robot"], search: "libre" })).toEqual({
      search: "libre",
    });
  });

  it("begins at the first page when a filter changes, and not when a page is turned", () => {
    const second = { search: "libre", pages: ["a"] };
    expect(toQuery(changed(second, { state: "active" }), 50)).toEqual({
      limit: 50,
      search: "libre",
      state: "active",
    });
    expect(toQuery(changed(second, { pages: ["a", "b"] }), 50).cursor).toBe("b");
  });

  it("leaves empty filters out of the address", () => {
    const next = changed({ kind: ["service"], state: "active" }, { kind: [], state: undefined });
    expect(next).toEqual({});
    expect(isFiltered(next)).toBe(false);
  });
});

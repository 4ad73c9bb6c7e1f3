import { describe, expect, it } from "vitest";
import { behindBar, changed, filtersOf, orderOf, reportsSearch, seenBy, sortingOf } from "./search";

const TODAY = "2026-11-22";

describe("the report in the address", () => {
  it("drops what it does not know instead of failing", () => {
    expect(
      reportsSearch.parse({ group: "planet", statuses: ["teapot"], models: ["demo"] }),
    ).toEqual({ models: ["demo"] });
  });

  it("is not by key for managers of groups, who would be refused", () => {
    const address = { group: "key", models: ["demo"] } as const;
    const search = { ...address, models: ["demo"] };
    expect(sortingOf(seenBy(true, search))).toEqual({ by: "tokens", descending: true });
    expect(seenBy(true, search).group).toBeUndefined();
    expect(seenBy(true, { group: "day" })).toEqual({ group: "day" });
    expect(seenBy(false, search)).toEqual(search);
  });

  it("is this month by user when it says nothing", () => {
    expect(filtersOf({}, TODAY)).toEqual({ from: "2026-11-01", to: TODAY });
    expect(sortingOf({})).toEqual({ by: "tokens", descending: true });
  });

  it("forgets page and order with another grouping, and the page with another filter", () => {
    const before = { pages: ["a"], sort: "cost", order: "asc", models: ["demo"] } as const;
    const state = { ...before, pages: ["a"], models: ["demo"] };
    expect(changed(state, { group: "day" })).toEqual({ group: "day", models: ["demo"] });
    expect(changed(state, { models: [] })).toEqual({ sort: "cost", order: "asc" });
  });

  it("keeps the page when only the chart's figure changes", () => {
    expect(changed({ pages: ["a"] }, { metric: "cost" })).toEqual({ pages: ["a"], metric: "cost" });
  });

  it("lists single requests by time whatever the address says", () => {
    expect(sortingOf({ group: "none", sort: "cost" })).toEqual({ by: "key", descending: true });
  });

  it("leads from a bar to its day, and of errors to what failed on it", () => {
    const day = { range: "own", from: "2026-11-03", to: "2026-11-03" };
    expect(behindBar("2026-11-03", "tokens")).toEqual(day);
    const state = changed({ metric: "errors" }, behindBar("2026-11-03", "errors"));
    expect(reportsSearch.parse(state)).toMatchObject({
      ...day,
      group: "none",
      statuses: ["4xx", "5xx"],
      metric: "errors",
    });
  });

  it("asks for groups and keys by id, beside what a row is", () => {
    const state = reportsSearch.parse({ group: "group", groups: ["g1", "-"], keys: ["k1"] });
    expect(state).toEqual({ group: "group", groups: ["g1", "-"], keys: ["k1"] });
    expect(filtersOf(state, TODAY)).toMatchObject({ groups: ["g1", "-"], keys: ["k1"] });
    expect(orderOf("group", filtersOf(state, TODAY)).type).toBe("summary_by_group");
    expect(sortingOf({ group: "key" })).toEqual({ by: "tokens", descending: true });
  });

  it("exports what it shows", () => {
    const filters = filtersOf({ users: ["u1"], statuses: ["5xx"] }, TODAY);
    expect(orderOf("model", filters)).toEqual({
      type: "summary_by_model",
      filters: {
        from: "2026-11-01",
        to: TODAY,
        userIds: ["u1"],
        models: [],
        groups: [],
        keys: [],
        statuses: ["5xx"],
        endpoints: [],
      },
    });
  });
});

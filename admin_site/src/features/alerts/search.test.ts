import { describe, expect, it } from "vitest";
import { alertsSearch, changed, isFiltered, resolvable, toQuery } from "./search";

const TODAY = "2026-11-22";

describe("the list of alerts in the address", () => {
  it("is of the open ones when it says nothing", () => {
    expect(toQuery({}, TODAY)).toEqual({ state: "open" });
    expect(toQuery({ state: "all" }, TODAY)).toEqual({});
  });

  it("drops what it does not know instead of failing", () => {
    expect(alertsSearch.parse({ state: "gone", type: ["loud"], user: "u1" })).toEqual({
      user: "u1",
    });
  });

  it("leaves what goes without saying out of the address", () => {
    const next = changed({ state: "all", type: ["info"] }, { state: "open", type: [] });
    expect(next).toEqual({});
    expect(isFiltered(next)).toBe(false);
  });

  it("never offers to resolve more than is listed", () => {
    expect(resolvable({ type: ["warning"], user: "u1" })).toEqual({
      type: ["warning"],
      userId: "u1",
    });
    expect(resolvable({ range: "last7" })).toBeNull();
    expect(resolvable({ kind: ["quota"] })).toBeNull();
    expect(resolvable({ state: "resolved" })).toBeNull();
    expect(resolvable({ state: "all" })).toBeNull();
  });
});

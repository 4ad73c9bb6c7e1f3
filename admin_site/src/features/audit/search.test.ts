import { describe, expect, it } from "vitest";
import { auditSearch, changed, isFiltered, orderOf, toQuery } from "./search";

const TODAY = "2026-11-22";

describe("the audit log in the address", () => {
  it("drops what it does not know instead of failing", () => {
    expect(auditSearch.parse({ range: "never", actor: "", action: "user.suspend" })).toEqual({
      action: "user.suspend",
    });
  });

  it("lets one target go when another type is chosen", () => {
    const state = { targetType: "user", targetId: "u1", actor: "system" };
    expect(changed(state, { targetType: "key" })).toEqual({ targetType: "key", actor: "system" });
    expect(changed(state, { targetType: "user", targetId: "u2" })).toEqual({
      targetType: "user",
      targetId: "u2",
      actor: "system",
    });
  });

  it("is not filtered by a range that is none", () => {
    expect(isFiltered(changed({ range: "today" }, { range: "any" }))).toBe(false);
  });

  it("exports what it lists", () => {
    const query = toQuery({ actor: "system", range: "today" }, TODAY);
    expect(orderOf(query)).toEqual({ type: "audit", filters: query });
    expect(Object.keys(query)).toEqual(["actor", "from", "to"]);
  });
});

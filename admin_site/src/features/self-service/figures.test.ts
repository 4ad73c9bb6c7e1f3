import { describe, expect, it } from "vitest";
import { firstName, outlookOf } from "./figures";
import { USAGE } from "./testing";

describe("what is said about the rest of the month", () => {
  it.each([
    ["fine", {}],
    ["idle", { forecast: { runsOutOn: null, pacePerDay: 0 } }],
    ["out", { forecast: { runsOutOn: "2026-11-25", pacePerDay: 9 } }],
    ["outToday", { forecast: { runsOutOn: "2026-11-22", pacePerDay: 9 } }],
    ["nearlyOut", { usageLevel: "critical", forecast: { runsOutOn: null, pacePerDay: 0 } }],
    ["usedUp", { usageLevel: "blocked", forecast: { runsOutOn: "2026-11-22", pacePerDay: 9 } }],
    ["overQuota", { usageLevel: "blocked", enforcement: "warn" }],
    ["blocked", { status: "blocked", usageLevel: "blocked" }],
    ["suspended", { status: "suspended", usageLevel: "blocked" }],
    ["pending", { status: "pending" }],
  ] as const)("is %s", (kind, changes) => {
    expect(outlookOf({ ...USAGE, ...changes }).kind).toBe(kind);
  });

  it("greets by the first name", () => {
    expect(firstName("  Ana  Souza")).toBe("Ana");
    expect(firstName("")).toBe("");
  });
});

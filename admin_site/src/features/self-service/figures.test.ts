import { describe, expect, it } from "vitest";
import type { MyUsage } from "./data";
import { firstName, outlookOf } from "./figures";

const USAGE: MyUsage = {
  name: "Ana Souza",
  email: "a***@example.com",
  plan: "basic",
  status: "active",
  monthlyLimit: 1_000_000,
  additionalTokens: 250_000,
  currentUsage: 500_000,
  availableTokens: 750_000,
  remainingTokens: 750_000,
  usagePercentage: 50,
  grantedPercentage: 40,
  usageLevel: "ok",
  enforcement: "block",
  models: null,
  grants: [],
  dailyLimitTokens: null,
  dayUsed: null,
  dayAvailable: null,
  dayLifted: false,
  period: "2026-11",
  renewsAt: "2026-12-01T03:00:00.000Z",
  usageByDay: [{ date: "2026-11-22", tokens: 10, requests: 1 }],
  usageByModel: { "gpt-4o": 500_000 },
  forecast: { runsOutOn: null, pacePerDay: 3_000 },
  supportEmail: null,
  linkExpiresAt: "2026-12-15T15:00:00.000Z",
};

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

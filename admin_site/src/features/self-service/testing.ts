import type { OwnRequest } from "./asking";
import type { MyUsage } from "./data";

/** Figures of somebody in the middle of a month. */
export const USAGE: MyUsage = {
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
  asking: {
    allowed: true,
    whyNot: null,
    notBefore: null,
    suggestions: [100_000, 250_000, 500_000],
    last: null,
  },
  linkExpiresAt: "2026-12-15T15:00:00.000Z",
};

export function someRequest(part: Partial<OwnRequest> = {}): OwnRequest {
  return {
    id: "20261122T130000000Z-1f9a0c3b",
    state: "pending",
    tokens: 250_000,
    reason: "Fechamento do trimestre",
    createdAt: "2026-11-22T13:00:00.000Z",
    decidedAt: null,
    grantedTokens: null,
    grantKind: null,
    until: null,
    how: null,
    note: "",
    ...part,
  };
}

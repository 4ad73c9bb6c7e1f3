import type { Model } from "@/shared/api/types";

/** The same as the user's own page has it. */
export function someDetail(fields: Partial<Model<"UserDetail">>): Model<"UserDetail"> {
  return {
    ...someUser({}),
    mailSuppression: null,
    statusChange: null,
    mergedFrom: [],
    mergedInto: null,
    dailyLimit: null,
    dailyLimitTokens: null,
    dayUsed: null,
    dayAvailable: null,
    dayLifted: false,
    ...fields,
  };
}

/** A user for tests. */
export function someUser(fields: Partial<Model<"UserOut">>): Model<"UserOut"> {
  return {
    id: "675fdeca-3876-5764-9180-d574c032512c",
    email: "ana@example.com",
    name: "Ana",
    status: "active",
    enforcement: "block",
    enforcementSource: "plan",
    limitSource: "plan",
    plan: "basic",
    planSource: "default",
    groupId: null,
    groupName: null,
    costCenter: null,
    models: null,
    modelsSource: "group",
    monthlyLimit: 1_000_000,
    additionalTokens: 0,
    currentUsage: 250_000,
    reservedTokens: 0,
    availableTokens: 750_000,
    remainingTokens: 750_000,
    usagePercentage: 25,
    grantedPercentage: 25,
    usageLevel: "ok",
    alert80Sent: false,
    alert95Sent: false,
    lastAlertDate: null,
    period: "2026-11",
    renewsAt: "2026-12-01T03:00:00.000Z",
    createdAt: "2026-05-06T22:12:53.895Z",
    updatedAt: "2026-11-22T22:12:53.895Z",
    lastLogin: "2026-11-22T22:12:53.895Z",
    version: 1,
    aliases: [],
    ...fields,
  };
}

/** A grant for tests. */
export function someGrant(fields: Partial<Model<"GrantOut">>): Model<"GrantOut"> {
  return {
    id: "5d41402abc4b2a76b9719d911017c592",
    kind: "this_month",
    tokens: 50_000,
    grantedTokens: 50_000,
    until: null,
    endsAt: null,
    reason: "Fechamento do ano",
    actor: "admin@example.com",
    createdAt: "2026-11-22T13:05:09.123Z",
    ...fields,
  };
}

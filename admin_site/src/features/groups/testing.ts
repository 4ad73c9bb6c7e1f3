import type { Group } from "@/shared/groups/data";

/** A group for tests. */
export function someGroup(fields: Partial<Group>): Group {
  return {
    id: "0123456789ab",
    name: "Vendas",
    costCenter: "CC-104",
    plan: null,
    monthlyLimit: null,
    dailyLimit: null,
    enforcement: null,
    warning: null,
    critical: null,
    models: null,
    ceilingTokens: null,
    managers: [],
    recipients: [],
    version: 1,
    users: 0,
    usedTokens: 0,
    createdAt: "2026-11-22T13:05:09.123Z",
    changedAt: "2026-11-22T13:05:09.123Z",
    changedBy: "admin@example.com",
    ...fields,
  };
}

import type { TokenRequest } from "@/shared/token-requests/data";

/** A request that waits, for tests. */
export function someRequest(part: Partial<TokenRequest> = {}): TokenRequest {
  return {
    id: "20261122T130000000Z-1f9a0c3b",
    userId: "675fdeca-3876-5764-9180-d574c032512c",
    email: "ana@example.com",
    name: "Ana",
    groupId: null,
    groupName: null,
    period: "2026-11",
    state: "pending",
    tokens: 500_000,
    reason: "Fechamento",
    createdAt: "2026-11-22T13:00:00.000Z",
    decidedAt: null,
    decidedBy: null,
    grantedTokens: null,
    grantKind: null,
    until: null,
    how: null,
    note: "",
    monthlyLimit: 1_000_000,
    additionalTokens: 0,
    currentUsage: 990_000,
    availableTokens: 10_000,
    ...part,
  };
}

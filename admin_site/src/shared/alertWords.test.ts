import { describe, expect, it } from "vitest";
import { causeOf, isEnding, resolutionKey, titleKey } from "./alertWords";

const ALERT = {
  id: "u~2026-11~block",
  threshold: "block",
  userId: "u",
  type: "critical",
  remainingTokens: 0,
  currentUsage: 1_200,
  monthlyLimit: 1_000,
  additionalTokens: 200,
} as const;

describe("an alert's title", () => {
  it("says that the quota is used up only when it is", () => {
    expect(titleKey(ALERT)).toBe("block");
    expect(titleKey({ ...ALERT, remainingTokens: 12 })).toBe("nearlyOut");
    expect(titleKey({ ...ALERT, remainingTokens: null })).toBe("block");
    expect(titleKey({ ...ALERT, currentUsage: 1_080 })).toBe("early");
    const none = { ...ALERT, currentUsage: 0, monthlyLimit: 0, additionalTokens: 0 };
    expect(titleKey(none)).toBe("noQuota");
    // what an old record does not say
    expect(titleKey({ ...ALERT, currentUsage: null, monthlyLimit: null })).toBe("block");
  });

  it("has no word for a threshold but its own, with whatever is left", () => {
    expect(titleKey({ ...ALERT, threshold: "warning", remainingTokens: 9 })).toBe("warning");
  });

  it("tells the end of a grant, the summary of a month and a record of its own apart", () => {
    const id = "system~2026-11~monthly_summary";
    const told = { ...ALERT, id, threshold: null, type: "info", remainingTokens: null } as const;
    expect(titleKey({ ...told, id: "u~grant_ending~g1", userId: "u" })).toBe("ending");
    expect(titleKey({ ...told, userId: null })).toBe("summary");
    expect(titleKey({ ...told, userId: null, type: "warning" })).toBeNull();
    // the record of a group's month says whose it is
    expect(
      titleKey({ ...told, userId: null, id: "group_summary~2026-11~aaaaaaaaaaaa" }),
    ).toBeNull();
  });
});

describe("what lasts until somebody ends it", () => {
  const waiting = {
    ...ALERT,
    id: "person_waiting~u~17",
    threshold: null,
    type: "warning",
  } as const;

  it("has a word of its own, and is no grant's end though it is about a user", () => {
    expect(titleKey(waiting)).toBe("person_waiting");
    expect(isEnding(waiting)).toBe(false);
    expect(causeOf({ id: "key_expiring~key_0~17~7" })).toBe("key_expiring");
    expect(causeOf({ id: "u~2026-11~block" })).toBeNull();
  });
});

describe("how an alert was resolved", () => {
  const resolved = {
    threshold: "block",
    type: "critical",
    resolvedAt: "2026-11-15T12:00:00Z",
    resolvedBy: "system",
    resolvedWhy: null,
    mails: [],
  } as const;

  it("is why the system did, or who did", () => {
    expect(resolutionKey({ ...resolved, resolvedWhy: "grant" })).toBe("why_grant");
    expect(resolutionKey({ ...resolved, resolvedBy: "boss@example.com" })).toBe("person");
    // closed before it was announced
    const skipped = [{ audience: "user", state: "skipped", error: null } as const];
    expect(resolutionKey({ ...resolved, resolvedBy: null, mails: skipped })).toBe("alone");
    expect(resolutionKey({ ...resolved, resolvedBy: null })).toBeNull();
  });

  it("is not told of what is open, nor of what asked nobody to do anything", () => {
    expect(resolutionKey({ ...resolved, resolvedAt: null })).toBeNull();
    const summary = { ...resolved, threshold: null, type: "info" } as const;
    expect(resolutionKey(summary)).toBeNull();
    expect(resolutionKey({ ...summary, resolvedBy: null })).toBeNull();
    expect(resolutionKey({ ...summary, resolvedWhy: "nothing_to_do" })).toBeNull();
    expect(resolutionKey({ ...summary, resolvedBy: "boss@example.com" })).toBe("person");
  });
});

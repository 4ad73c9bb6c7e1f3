import { describe, expect, it } from "vitest";
import { changesOf, isTwoSided, shownAs } from "./changes";

describe("what an entry of the audit log says", () => {
  it("pairs before and after", () => {
    const changes = changesOf({
      before: { plan: "basic", monthlyLimit: 1_000_000 },
      after: { plan: "pro", monthlyLimit: 5_000_000 },
    });
    expect(changes).toEqual([
      { field: "plan", before: "basic", after: "pro" },
      { field: "monthlyLimit", before: 1_000_000, after: 5_000_000 },
    ]);
    expect(changes.every(isTwoSided)).toBe(true);
  });

  it("tells what is new without an arrow, and leaves out what is empty", () => {
    const changes = changesOf({ before: null, after: { name: "Ana", expiresAt: null } });
    expect(changes).toEqual([{ field: "name", before: undefined, after: "Ana" }]);
    expect(changes.some(isTwoSided)).toBe(false);
    expect(changesOf({ before: null, after: null })).toEqual([]);
  });

  it("keeps what was empty before", () => {
    expect(changesOf({ before: { resolvedAt: null }, after: { resolvedAt: "x" } })).toHaveLength(1);
    expect(changesOf({ before: { limit: 0 }, after: { limit: 5 } })).toHaveLength(1);
  });

  it("knows words from names, and numbers and times from text", () => {
    expect(shownAs("status", "active")).toEqual({ kind: "word", word: "active" });
    expect(shownAs("name", "active")).toEqual({ kind: "text", value: "active" });
    expect(shownAs("monthlyLimit", 0)).toEqual({ kind: "number", value: 0 });
    expect(shownAs("revokedAt", "2026-11-22T13:05:09.123Z").kind).toBe("instant");
    expect(shownAs("grantKind", "until")).toEqual({ kind: "word", word: "until" });
    expect(shownAs("how", "policy")).toEqual({ kind: "word", word: "policy" });
    expect(shownAs("isOn", false)).toEqual({ kind: "no" });
    expect(shownAs("until", "2026-12-15")).toEqual({ kind: "day", value: "2026-12-15" });
    expect(shownAs("hasPassword", false)).toEqual({ kind: "no" });
    expect(shownAs("expiresAt", null)).toEqual({ kind: "none" });
  });
});

import { describe, expect, it } from "vitest";
import { countDays, daysOf, instantsOf, ownProblem } from "./days";

const TODAY = "2026-03-05";

describe("a range of days", () => {
  it("counts today among the last seven", () => {
    const days = daysOf({ range: "last7" }, "thisMonth", TODAY);
    expect(days).toEqual({ from: "2026-02-27", to: TODAY });
    expect(days && countDays(days)).toBe(7);
  });

  it("knows how long the month before was", () => {
    expect(daysOf({ range: "lastMonth" }, "any", TODAY)).toEqual({
      from: "2026-02-01",
      to: "2026-02-28",
    });
    expect(daysOf({ range: "lastMonth" }, "any", "2026-01-31")).toEqual({
      from: "2025-12-01",
      to: "2025-12-31",
    });
  });

  it("falls back when an own range in the address is none", () => {
    const broken = { range: "own", from: "2026-03-09", to: "2026-03-01" } as const;
    expect(daysOf(broken, "thisMonth", TODAY)).toEqual({ from: "2026-03-01", to: TODAY });
    expect(daysOf({ range: "own" }, "any", TODAY)).toBeNull();
  });

  it("says what is wrong with two dates", () => {
    expect(ownProblem("2026-01-01", "")).toBe("incomplete");
    expect(ownProblem("2026-01-02", "2026-01-01")).toBe("reversed");
    expect(ownProblem("2025-01-01", "2026-02-05")).toBe("tooLong");
    expect(ownProblem("2025-01-01", "2026-02-04")).toBeNull();
  });

  it("ends a range of instants with the midnight after its last day", () => {
    const { from = "", to = "" } = instantsOf({ from: TODAY, to: TODAY });
    expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
    expect(instantsOf(null)).toEqual({});
  });
});

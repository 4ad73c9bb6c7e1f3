import { describe, expect, it } from "vitest";
import { parseTokens } from "./tokens";

describe("tokens as people type them", () => {
  it.each([
    ["500000", 500_000],
    ["500.000", 500_000],
    ["1,000,000", 1_000_000],
    ["500 mil", 500_000],
    ["1,5 mi", 1_500_000],
    ["1.5M", 1_500_000],
    ["-2k", -2_000],
    ["−100.000", -100_000],
    ["+10", 10],
    ["0", 0],
  ])("reads %s", (text, expected) => {
    expect(parseTokens(text)).toBe(expected);
  });

  it.each(["", "mil", "1.5", "12,34", "1.000,5", "dez", "1 x", "1..000", "--1", "9".repeat(20)])(
    "refuses %s rather than guess",
    (text) => {
      expect(parseTokens(text)).toBeNull();
    },
  );
});

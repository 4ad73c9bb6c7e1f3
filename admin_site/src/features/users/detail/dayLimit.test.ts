import { describe, expect, it } from "vitest";
import { kindOf, limitOf, percentOf } from "./dayLimit";

describe("a daily limit as the form has it", () => {
  it.each([
    ["none", "", "", "none"],
    ["tokens", "50 mil", "", "50000"],
    ["tokens", "0", "", null],
    ["tokens", "muitos", "", null],
    ["auto", "", "25", "auto:25"],
    ["auto", "", " 0 ", "auto:0"],
    ["auto", "", "1001", null],
    ["auto", "", "2,5", null],
  ] as const)("%s %s %s", (kind, tokens, percent, told) => {
    expect(limitOf(kind, tokens, percent)).toBe(told);
  });

  it("is read back", () => {
    expect([null, "50000", "auto:25"].map(kindOf)).toEqual(["none", "tokens", "auto"]);
    expect([null, "50000", "auto:25"].map(percentOf)).toEqual([null, null, 25]);
  });
});

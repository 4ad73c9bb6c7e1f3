import { describe, expect, it } from "vitest";
import { addPatterns, isCovered, isPattern } from "./patterns";

describe("allowed models", () => {
  it("takes names, and beginnings of names followed by one *", () => {
    expect(["gpt-4o", "claude-*", "*", "org/model v2"].every(isPattern)).toBe(true);
    expect(["", " gpt", "a*b", "**", "*-mini"].some(isPattern)).toBe(false);
  });

  it("takes a pasted list once, and leaves what is wrong in the box", () => {
    expect(addPatterns(["gpt-4o"], "gpt-4o, claude-*\n a*b ;demo")).toEqual({
      chips: ["gpt-4o", "claude-*", "demo"],
      rest: "a*b",
    });
  });

  it("knows what a pattern lets in", () => {
    expect(isCovered(["claude-*"], "claude-sonnet")).toBe(true);
    expect(isCovered(["claude"], "claude-sonnet")).toBe(false);
    expect(isCovered(["*"], "anything")).toBe(true);
  });
});

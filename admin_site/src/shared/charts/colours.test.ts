import { expect, it } from "vitest";
import { modelColours } from "./TimeChart";

it("gives a model one colour in every chart, whatever its rank there", () => {
  const month = modelColours(["gpt-4o", "claude", "gemini"]);
  const week = modelColours(["gemini", "gpt-4o", "mistral"]);
  expect(week("gemini")).toBe(month("gemini"));
  expect(week("gpt-4o")).toBe(month("gpt-4o"));
  const all = ["gpt-4o", "claude", "gemini", "mistral"].map(modelColours([]));
  expect(new Set(all).size).toBe(4);
});

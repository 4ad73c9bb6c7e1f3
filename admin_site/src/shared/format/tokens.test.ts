import { expect, it } from "vitest";
import { formatFor } from "./index";

const pt = formatFor("pt-BR");
const en = formatFor("en");
const plain = (text: string) => text.replace(/\u00a0/g, " ");

it.each([
  [6_460_000, "6,46 mi de tokens", "6.46M tokens"],
  [1_000_000, "1 mi de tokens", "1M tokens"],
  [1_200_000_000, "1,2 bi de tokens", "1.2B tokens"],
  [12_300, "12,3 mil tokens", "12.3K tokens"],
  [9_999, "9.999 tokens", "9,999 tokens"],
  [1, "1 token", "1 token"],
  [0, "0 tokens", "0 tokens"],
])("%d tokens, as each language joins the noun", (value, portuguese, english) => {
  expect(plain(pt.tokens(value))).toBe(portuguese);
  expect(plain(en.tokens(value))).toBe(english);
});

it("per cents stand by their figure, and a short day is read in one way only", () => {
  expect(pt.percent(80)).toBe("80%");
  expect(pt.percent(83.4)).toBe("83,4%");
  expect(en.percent(80)).toBe("80%");
  expect(pt.shortDate("2026-12-01")).toBe("01/12");
  expect(en.shortDate("2026-12-01")).toBe("Dec 1");
});

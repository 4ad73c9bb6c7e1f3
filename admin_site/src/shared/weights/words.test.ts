import { afterEach, expect, it } from "vitest";
import { formatFor } from "@/shared/format";
import { setLocale } from "@/shared/i18n";
import { weightTexts as t } from "./texts";
import { chargedText, weightText } from "./words";

const PT = formatFor("pt-BR");
afterEach(() => setLocale("pt-BR"));

it.each([
  [{ prompt: 5, completion: 5, cached: null }, "5×"],
  [{ prompt: 1, completion: 1, cached: 1 }, "1×"],
  [{ prompt: 0.125, completion: 0.125 }, "0,125×"],
  [{ prompt: 1000, completion: 1000, cached: 1000 }, "1.000×"],
  [{ prompt: 2, completion: 8, cached: 0.5 }, "entrada 2× · resposta 8× · cache 0,5×"],
  [{ prompt: 2, completion: 8, cached: 2 }, "entrada 2× · resposta 8×"],
  [{ prompt: 1, completion: 1, cached: 0 }, "entrada 1× · resposta 1× · cache 0×"],
  [{ prompt: 0, completion: 0, cached: null }, "de graça"],
  [{ prompt: 0, completion: 0, cached: 0 }, "de graça"],
  [{ prompt: 0, completion: 0, cached: 1 }, "entrada 0× · resposta 0× · cache 1×"],
])("says a weight: %o", (weight, words) => {
  expect(weightText(weight, t, PT)).toBe(words);
});

it("says what was charged beside what was used, in both languages", () => {
  const record = { total: 1_040, charged: 1_300, weight: { prompt: 2, completion: 5, cached: 2 } };
  expect(chargedText(record, t, PT)).toBe(
    "1.040 tokens · cobrados 1.300 (entrada 2×, resposta 5×)",
  );
  setLocale("en");
  expect(chargedText(record, t, formatFor("en"))).toBe(
    "1,040 tokens · 1,300 charged (input 2×, answer 5×)",
  );
});

import { afterEach, describe, expect, it } from "vitest";
import { formatFor } from "@/shared/format";
import { type Locale, setLocale } from "@/shared/i18n";
import { isLastDay, meaningOf, type OwnMonths, termOf } from "./granting";
import { everyMonthTokens, usedOfGrants } from "./terms";
import { grantingText } from "./texts";

const TODAY = "2026-11-22";
const MONTHS: OwnMonths = { tokens: 1_000_000, hasLasting: false };
const DAY = { kind: "until", until: "2026-12-15" } as const;

function means(
  term: Parameters<typeof meaningOf>[0],
  amount = 50_000,
  months: OwnMonths | null = MONTHS,
  locale: Locale = "pt-BR",
) {
  setLocale(locale);
  return meaningOf(term, amount, months, {
    t: grantingText,
    format: formatFor(locale),
    today: TODAY,
  });
}

afterEach(() => setLocale("pt-BR"));

describe("what a grant means, in one sentence", () => {
  const month = { kind: "this_month", until: null } as const;
  const everyMonth = { kind: "every_month", until: null } as const;

  it("says to what the quota goes back when the month is over", () => {
    expect(means(month)).toBe("Em dezembro a cota volta a 1.000.000.");
    expect(means(month, 50_000, MONTHS, "en")).toBe(
      "In December the quota goes back to 1,000,000.",
    );
    expect(means(month, 0, { tokens: 1_300_000, hasLasting: true })).toBe(
      "Em dezembro a cota volta a 1.300.000, mais o que restar de outras concessões.",
    );
    expect(means(month, 50_000, null)).toBe("Em dezembro a cota volta a ser a de antes.");
  });

  it("says when the rest ends, and whether the limit is used first", () => {
    expect(means(DAY)).toBe(
      "O limite do mês é usado antes; o que não for usado até 15 de dez. de 2026 termina ali.",
    );
    expect(means({ ...DAY, until: "2026-11-30" })).toBe(
      "São usados antes do limite do mês; o que não for usado até 30 de nov. de 2026 termina ali.",
    );
    expect(means({ ...DAY, until: "" })).toBe("O que não for usado até o último dia termina ali.");
  });

  it("says that what has no end is used last", () => {
    expect(means({ kind: "until_used", until: null })).toBe(
      "O limite do mês é usado antes; valem até acabarem.",
    );
  });

  it("says what every month has from now on", () => {
    expect(means(everyMonth)).toBe("Todos os meses passam a ter 1.050.000, até você retirar.");
    expect(means(everyMonth, -50_000)).toBe("Todos os meses passam a ter 950.000.");
    expect(means(everyMonth, 50_000, null)).toBe(
      "Todos os meses passam a ter 50.000 a mais, até você retirar.",
    );
    expect(means(everyMonth, -50_000, null)).toBe("Todos os meses passam a ter 50.000 a menos.");
    expect(means(everyMonth, 0)).toBe("Somam-se a todos os meses, até você retirar.");
  });
});

describe("the term that is asked for", () => {
  it("has a day only where it ends with one", () => {
    expect(termOf({ amount: "50 mil", ...DAY })).toEqual(DAY);
    expect(termOf({ amount: "50 mil", kind: "until_used", until: DAY.until })).toEqual({
      kind: "until_used",
      until: null,
    });
  });

  it("is every month when tokens are taken back", () => {
    expect(termOf({ amount: "-50 mil", ...DAY })).toEqual({ kind: "every_month", until: null });
  });

  it("ends from today to five years ahead", () => {
    const fits = (until: string) => isLastDay({ kind: "until", until }, TODAY);
    expect(["2026-11-22", "2031-11-26"].map(fits)).toEqual([true, true]);
    expect(["", "2026-11-21", "2031-11-27"].map(fits)).toEqual([false, false, false]);
    expect(isLastDay({ kind: "this_month", until: null }, TODAY)).toBe(true);
  });
});

it("the additional tokens are what is left of grants and what this month used of them", () => {
  const grants = [
    { kind: "until", tokens: 38_000 },
    { kind: "every_month", tokens: 300_000 },
  ];
  expect(usedOfGrants(350_000, grants)).toBe(12_000);
  expect(usedOfGrants(330_000, grants)).toBe(0);
  expect(everyMonthTokens(grants)).toBe(300_000);
});

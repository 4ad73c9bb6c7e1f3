import { describe, expect, it } from "vitest";
import { formatFor } from "./index";

const spaces = (text: string) => text.replace(/\u00a0/g, " ");

describe("what something cost", () => {
  it("is money when it is known, a free model included", () => {
    expect(spaces(formatFor("pt-BR").cost(1_234_560_000))).toBe("US$ 1.234,56");
    expect(formatFor("en").cost(0)).toBe("$0.00");
    expect(formatFor("en").cost(45)).toBe("$0.0000");
  });

  it("is not 0.00 when no price is known", () => {
    expect(formatFor("pt-BR").cost(null)).toBe("sem preço");
    expect(formatFor("en").cost(null, 3)).toBe("no price");
    expect(formatFor("en").cost(undefined)).toBe("no price");
  });

  it("is a least where some requests have no price", () => {
    expect(spaces(formatFor("pt-BR").cost(2_000_000, 1))).toBe("≥ US$ 2,00");
    expect(formatFor("en").cost(2_000_000, 0)).toBe("$2.00");
  });

  it("says how many a sum leaves out, and nothing of a whole one", () => {
    expect(formatFor("pt-BR").unpriced(1)).toBe("1 requisição sem preço");
    expect(formatFor("pt-BR").unpriced(1_200)).toBe("1.200 requisições sem preço");
    expect(formatFor("en").unpriced(2)).toBe("2 requests without a price");
    expect(formatFor("en").unpriced(0)).toBeUndefined();
    expect(formatFor("en").unpriced(null)).toBeUndefined();
  });
});

describe("a cost in reais", () => {
  const local = {
    currency: "BRL" as const,
    micros: 1_234_560_000,
    rate: 5.38,
    rateSince: "2026-11-01",
  };
  const mean = { ...local, rate: 5.39337, rateSince: null };

  it("is told with the dollars and the rate that made it", () => {
    expect(spaces(formatFor("pt-BR").costInFull(228_900_000, 0, local))).toBe(
      "R$ 1.234,56 (US$ 228,90, câmbio 5,38 de 01/11)",
    );
    expect(formatFor("en").costInFull(228_900_000, 0, local)).toBe(
      "R$1,234.56 ($228.90, rate 5.38 of Nov 1)",
    );
    expect(spaces(formatFor("pt-BR").madeOf(228_900_000, mean) ?? "")).toBe(
      "US$ 228,90, câmbio médio 5,3934",
    );
    expect(formatFor("en").madeOf(228_900_000, mean)).toBe("$228.90, mean rate 5.3934");
    expect(formatFor("en").madeOf(228_900_000, null)).toBeUndefined();
    expect(formatFor("en").costInFull(228_900_000, 0, null)).toBe("$228.90");
    expect(formatFor("en").madeOf(0, { ...mean, micros: 0, rate: null })).toBe("$0.00");
  });

  it("stays without a price, and a least", () => {
    expect(formatFor("en").cost(null, 1, null)).toBe("no price");
    expect(spaces(formatFor("pt-BR").cost(228_900_000, 2, local))).toBe("≥ R$ 1.234,56");
    expect(formatFor("en").costTitle(228_900_000, 2, local)).toBe(
      "≥ R$1,234.56 · $228.90, rate 5.38 of Nov 1 · 2 requests without a price",
    );
  });

  it("has two decimals in a column, where little is not nothing", () => {
    expect(spaces(formatFor("pt-BR").costColumn(1, 0, { ...local, micros: 4_999 }))).toBe(
      "< R$ 0,01",
    );
    expect(formatFor("en").costColumn(123_456)).toBe("$0.12");
    expect(formatFor("en").costColumn(0)).toBe("$0.00");
    expect(formatFor("en").costColumn(null)).toBe("no price");
  });
});

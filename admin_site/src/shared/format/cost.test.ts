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

import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { formatFor } from "@/shared/format";
import { currencyOf, figureOf, unpricedOf } from "./chart";
import { costNote } from "./Totals";

const en = formatFor("en");
const t = ((key: string, values?: Record<string, string | number>) =>
  `${key} ${values?.cost ?? ""}`) as Parameters<typeof costNote>[1];

describe("costs of which some are unknown", () => {
  it("say how many are, where the price of a million tokens would mislead", () => {
    const whole = {
      tokens: 2_000_000,
      costMicros: 6_000_000,
      localCost: null,
      unpricedRequests: 0,
    };
    expect(costNote(whole, t, en)).toBe("perMillion $3.00");
    expect(costNote({ ...whole, unpricedRequests: 2 }, t, en)).toBe("2 requests without a price");
    expect(costNote({ ...whole, costMicros: null, unpricedRequests: 1 }, t, en)).toBe(
      "1 request without a price",
    );
    expect(
      costNote({ tokens: 0, costMicros: 0, localCost: null, unpricedRequests: 0 }, t, en),
    ).toBe("\u00a0");
  });

  it("are no height in a chart, and are counted beside it", () => {
    expect(figureOf({ tokens: 5, requests: 1, costMicros: null }, "cost")).toBe(0);
    expect(figureOf({ tokens: 5, requests: 3, errors: 2 }, "errors")).toBe(2);
    expect(figureOf({ tokens: 5, requests: 3, errors: null }, "errors")).toBe(0);
    const points = [{ unpricedRequests: 2 }, { unpricedRequests: null }, {}];
    expect(unpricedOf({ points } as unknown as Model<"TimeSeries">)).toBe(2);
    const items = [{ unpricedRequests: 1 }, { unpricedRequests: 4 }];
    expect(unpricedOf({ items } as unknown as Model<"UsageReport">)).toBe(5);
    expect(unpricedOf(undefined)).toBe(0);
  });

  it("are in the currency that the figures say, with the rate", () => {
    const localCost = {
      currency: "BRL" as const,
      micros: 30_000_000,
      rate: 5,
      rateSince: "2026-11-01",
    };
    const one = { tokens: 2_000_000, costMicros: 6_000_000, localCost, unpricedRequests: 0 };
    expect(costNote(one, t, en)).toBe("$6.00, rate 5.00 of Nov 1 · perMillion R$15.00");
    expect(figureOf({ ...one, requests: 1 }, "cost")).toBe(30_000_000);
    const points = [{ localCost: null }, { localCost }];
    expect(currencyOf({ points } as unknown as Model<"TimeSeries">)).toBe("BRL");
    expect(currencyOf({ items: [] } as unknown as Model<"UsageReport">)).toBe("USD");
  });
});

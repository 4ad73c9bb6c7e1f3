import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { formatFor } from "@/shared/format";
import { figureOf, unpricedOf } from "./chart";
import { costNote } from "./Totals";

const en = formatFor("en");
const t = ((key: string, values?: Record<string, string | number>) =>
  `${key} ${values?.cost ?? ""}`) as Parameters<typeof costNote>[1];

describe("costs of which some are unknown", () => {
  it("say how many are, where the price of a million tokens would mislead", () => {
    const whole = { tokens: 2_000_000, costMicros: 6_000_000, unpricedRequests: 0 };
    expect(costNote(whole, t, en)).toBe("perMillion $3.00");
    expect(costNote({ ...whole, unpricedRequests: 2 }, t, en)).toBe("2 requests without a price");
    expect(costNote({ ...whole, costMicros: null, unpricedRequests: 1 }, t, en)).toBe(
      "1 request without a price",
    );
    expect(costNote({ tokens: 0, costMicros: 0, unpricedRequests: 0 }, t, en)).toBe("\u00a0");
  });

  it("are no height in a chart, and are counted beside it", () => {
    expect(figureOf({ tokens: 5, requests: 1, costMicros: null }, "cost")).toBe(0);
    const points = [{ unpricedRequests: 2 }, { unpricedRequests: null }, {}];
    expect(unpricedOf({ points } as unknown as Model<"TimeSeries">)).toBe(2);
    const items = [{ unpricedRequests: 1 }, { unpricedRequests: 4 }];
    expect(unpricedOf({ items } as unknown as Model<"UsageReport">)).toBe(5);
    expect(unpricedOf(undefined)).toBe(0);
  });
});

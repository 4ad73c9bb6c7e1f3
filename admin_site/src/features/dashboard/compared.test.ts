import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { formatFor } from "@/shared/format";
import { compared } from "./Cards";

const t = ((key: string, values?: Record<string, string>) =>
  [key, ...Object.values(values ?? {})].join(" ")) as Parameters<typeof compared>[2];

const stats = (beginsOn: string | null) => ({
  previousMonth: { period: "2026-10", beginsOn } as Model<"PreviousMonthOut">,
});

describe("the month before", () => {
  it("is compared with up to the same time", () => {
    expect(compared(stats(null), 12.3, t, formatFor("en"))).toBe("versus +12.3% October 2026");
  });

  it("is not, where nothing was used or usage began within it", () => {
    expect(compared(stats(null), null, t, formatFor("en"))).toBe("noPrevious October 2026");
    expect(compared(stats("2026-10-10"), null, t, formatFor("pt-BR"))).toBe("begins 10/10");
  });
});

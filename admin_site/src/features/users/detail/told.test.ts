import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import type { UserTexts } from "../userTexts";
import { actorName, deedOf, steps } from "./told";

const t: UserTexts = (key, values) => [key, ...Object.values(values ?? {})].join(" ");
const words = {
  tokens: String,
  plan: (plan: string) => plan.toUpperCase(),
  place: (place: string) => `<${place}>`,
};

function row(fields: Partial<Model<"TransactionOut">>): Model<"TransactionOut"> {
  return {
    id: "1",
    userId: "u",
    kind: "grant",
    amount: 0,
    reason: "",
    actor: "system",
    before: {},
    after: {},
    balanceAfter: 0,
    period: "2026-11",
    version: 1,
    createdAt: "2026-11-22T22:17:56.652Z",
    ...fields,
  };
}

describe("a transaction, told", () => {
  it("says who: an admin, a login on the command line, the system", () => {
    expect(actorName("ana@x.com", t)).toBe("ana@x.com");
    expect(actorName("cli:root", t)).toBe("actorCli root");
    expect(actorName("system", t)).toBe("actorSystem");
    expect(actorName("reconcile", t)).toBe("actorReconcile");
  });

  it("tells granting from taking back, without the sign", () => {
    expect(deedOf(row({ amount: 500 }), t, words)).toBe("did_granted 500");
    expect(deedOf(row({ amount: -500 }), t, words)).toBe("did_taken 500");
  });

  it("names the new plan and status", () => {
    expect(deedOf(row({ kind: "plan_change", after: { plan: "pro" } }), t, words)).toBe(
      "did_plan PRO",
    );
    expect(deedOf(row({ kind: "status_change", after: { status: "blocked" } }), t, words)).toBe(
      "did_status_blocked",
    );
  });

  it("names what was put right by its records, and from what to what", () => {
    const place = "2026-11-22#gpt-4o";
    const correction = row({
      kind: "correction",
      before: { place, chargedTokens: 9, requests: 2 },
      after: { place, chargedTokens: 7, requests: 2 },
    });
    expect(deedOf(correction, t, words)).toBe(`did_correction <${place}>`);
    expect(steps(correction)).toEqual([{ field: "chargedTokens", before: 9, after: 7 }]);
  });

  it("shows what differs, plan before limit", () => {
    const change = row({
      before: { monthlyLimit: 1, plan: "basic" },
      after: { monthlyLimit: 5, plan: "pro" },
    });
    expect(steps(change)).toEqual([
      { field: "plan", before: "basic", after: "pro" },
      { field: "monthlyLimit", before: 1, after: 5 },
    ]);
    expect(steps(row({ before: { currentUsage: 0 }, after: { currentUsage: 0 } }))).toEqual([]);
  });
});

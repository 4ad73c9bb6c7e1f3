import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import type { Term } from "@/shared/grants/terms";
import type { UserTexts } from "../userTexts";
import { actorName, deedOf, isOfItself, steps } from "./told";

const t: UserTexts = (key, values) => [key, ...Object.values(values ?? {})].join(" ");
const words = {
  tokens: String,
  plan: (plan: string) => plan.toUpperCase(),
  place: (place: string) => `<${place}>`,
  term: ({ kind, until }: Term, period: string) => `${kind}/${until}/${period}`,
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
    const granted = "did_granted 500 every_month/null/2026-11";
    expect(deedOf(row({ amount: 500 }), t, words)).toBe(granted);
    expect(deedOf(row({ amount: -500 }), t, words)).toBe("did_taken 500");
  });

  it("says how long a grant is good for, and that one was voided", () => {
    const after = { additionalTokens: 9, grantId: "g", grantKind: "until", until: "2026-12-15" };
    const term = "until/2026-12-15/2026-11";
    expect(deedOf(row({ amount: 500, after }), t, words)).toBe(`did_granted 500 ${term}`);
    expect(deedOf(row({ amount: -500, after }), t, words)).toBe(`did_voided 500 ${term}`);
    const month = row({ amount: 500, after: { grantKind: "this_month" }, period: "2026-10" });
    expect(deedOf(month, t, words)).toBe("did_granted 500 this_month/null/2026-10");
  });

  it("tells what ended or came late without a name before it", () => {
    const ended = row({ kind: "grant_end", amount: -12_000 });
    expect(deedOf(ended, t, words)).toBe("did_ended 12000");
    expect(isOfItself(ended)).toBe(true);
    const late = row({ kind: "grant_late", amount: -70 });
    expect(deedOf(late, t, words)).toBe("did_used_late 70");
    expect(deedOf({ ...late, amount: 70 }, t, words)).toBe("did_given_back_late 70");
    expect(isOfItself(row({ amount: 500 }))).toBe(false);
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

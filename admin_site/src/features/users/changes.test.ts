import { describe, expect, it } from "vitest";
import { edited, inverse } from "./changes";
import { someUser } from "./testing";

const reason = "Desfeito";

describe("taking a change back", () => {
  it("activates whom it suspended, and nobody who was suspended before", () => {
    const change = { kind: "suspend", reason: "x" } as const;
    expect(inverse(someUser({ status: "active" }), change, reason)).toEqual({
      kind: "activate",
      reason,
    });
    expect(inverse(someUser({ status: "suspended" }), change, reason)).toBeNull();
  });

  it("gives back the status that was there, whatever it was", () => {
    expect(
      inverse(someUser({ status: "blocked" }), { kind: "activate", reason: "" }, reason),
    ).toEqual({ kind: "edit", values: { status: "blocked" }, reason });
  });

  it("takes tokens of every month back by their amount", () => {
    const term = { kind: "every_month", until: null } as const;
    expect(
      inverse(someUser({}), { kind: "tokens", amount: 500, term, reason: "x" }, reason),
    ).toEqual({ kind: "tokens", amount: -500, term, reason });
  });

  it("voids a grant that ends, and brings none back that was voided", () => {
    const term = { kind: "until", until: "2026-12-15" } as const;
    const given = { kind: "tokens", amount: 500, term, reason: "x" } as const;
    expect(inverse(someUser({}), given, reason)).toEqual({ kind: "takeBack", given, reason });
    expect(inverse(someUser({}), { kind: "void", grantId: "g", reason: "" }, reason)).toBeNull();
  });

  it("restores the own limit together with the plan", () => {
    const before = someUser({ plan: "basic", monthlyLimit: 2_100_000, limitSource: "own" });
    const change = { kind: "edit", values: { plan: "pro" }, reason: "" } as const;
    expect(inverse(before, change, reason)).toEqual({
      kind: "edit",
      values: { plan: "basic", monthlyLimit: 2_100_000, limitSource: "own" },
      reason,
    });
  });

  it("goes back to the plan's limit, whatever that is by then", () => {
    const before = someUser({ plan: "basic", limitSource: "plan" });
    const change = { kind: "edit", values: { monthlyLimit: 5 }, reason: "" } as const;
    const values = { limitSource: "plan" };
    expect(inverse(before, change, reason)).toEqual({ kind: "edit", values, reason });
  });

  it("gives back an own limit that was given up", () => {
    const before = someUser({ monthlyLimit: 7, limitSource: "own" });
    const change = { kind: "edit", values: { limitSource: "plan" }, reason: "" } as const;
    const values = { monthlyLimit: 7, limitSource: "own" };
    expect(inverse(before, change, reason)).toEqual({ kind: "edit", values, reason });
  });

  it("cannot bring forgiven usage back", () => {
    expect(inverse(someUser({}), { kind: "reset", reason: "x" }, reason)).toBeNull();
  });
});

describe("an edited user", () => {
  const SAME = { email: someUser({}).email, enforcement: "block" } as const;
  const before = someUser({ name: "Ana", plan: "basic", monthlyLimit: 1_000_000 });

  it("sends only what differs", () => {
    expect(
      edited(before, { ...SAME, name: "Ana", plan: "basic", monthlyLimit: 1_000_000 }),
    ).toEqual({});
    expect(
      edited(before, { ...SAME, name: "Ana L", plan: "basic", monthlyLimit: 1_000_000 }),
    ).toEqual({
      name: "Ana L",
    });
  });

  it("has another address, and the one before with the way back", () => {
    const values = edited(before, {
      ...SAME,
      email: "ana.lima@example.org",
      name: "Ana",
      plan: "basic",
      monthlyLimit: 1_000_000,
    });
    expect(values).toEqual({ email: "ana.lima@example.org" });
    expect(inverse(before, { kind: "edit", values, reason: "" }, reason)).toEqual({
      kind: "edit",
      values: { email: "ana@example.com" },
      reason,
    });
  });

  it("is warned only, and with the way back refused again", () => {
    const form = { ...before, enforcement: "warn" } as const;
    const values = edited(before, form);
    expect(values).toEqual({ enforcement: "warn" });
    expect(inverse(before, { kind: "edit", values, reason: "" }, reason)).toEqual({
      kind: "edit",
      values: { enforcementSource: "plan" },
      reason,
    });
    const own = someUser({ ...before, enforcementSource: "own" });
    expect(inverse(own, { kind: "edit", values, reason: "" }, reason)).toMatchObject({
      values: { enforcement: "block" },
    });
  });

  it("leaves the limit to a new plan where it is the plan's", () => {
    const form = { ...SAME, name: "Ana", plan: "pro", monthlyLimit: 5_000_000 } as const;
    expect(edited(before, form, 5_000_000)).toEqual({ plan: "pro" });
    expect(edited(before, form, 4_000_000)).toEqual({ plan: "pro", monthlyLimit: 5_000_000 });
  });

  it("states the limit with a new plan, so that what was shown is what happens", () => {
    expect(edited(before, { ...SAME, name: "Ana", plan: "pro", monthlyLimit: 1_000_000 })).toEqual({
      plan: "pro",
      monthlyLimit: 1_000_000,
    });
  });
});

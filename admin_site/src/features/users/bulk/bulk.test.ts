import { describe, expect, it } from "vitest";
import { someUser } from "../testing";
import { inverseSteps, portions } from "./bulk";

function known(...users: ReturnType<typeof someUser>[]) {
  return new Map(users.map((user) => [user.id, user]));
}

describe("taking a bulk change back", () => {
  const ana = someUser({ id: "a", status: "active", plan: "basic", monthlyLimit: 1_000_000 });
  const leo = someUser({
    id: "b",
    status: "suspended",
    plan: "pro",
    monthlyLimit: 6_000_000,
    limitSource: "own",
  });
  const eva = someUser({ id: "c", status: "blocked", plan: "basic", monthlyLimit: 1_000_000 });

  it("touches only those whose status was changed", () => {
    expect(
      inverseSteps({ action: "suspend", reason: "x" }, ["a", "b"], known(ana, leo), "u"),
    ).toEqual([{ userIds: ["a"], change: { action: "activate", reason: "u" } }]);
  });

  it("offers nothing when somebody could not be restored", () => {
    const activate = { action: "activate", reason: "x" } as const;
    expect(inverseSteps(activate, ["b", "c"], known(leo, eva), "u")).toBeNull();
    expect(inverseSteps(activate, ["b"], known(), "u")).toBeNull();
  });

  it("gives everyone their own plan and limit back", () => {
    const steps = inverseSteps(
      { action: "set_plan", plan: "enterprise", reason: "x" },
      ["a", "b", "c"],
      known(ana, leo, eva),
      "u",
    );
    expect(steps?.map((step) => step.userIds)).toEqual([["a", "c"], ["b"]]);
    // the plan's limit, whatever it is by then; their own as it was
    expect(steps?.[0]?.change).toEqual({ action: "set_plan", plan: "basic", reason: "u" });
    expect(steps?.[1]?.change).toEqual({
      action: "set_plan",
      plan: "pro",
      monthlyLimit: 6_000_000,
      reason: "u",
    });
  });

  it("takes tokens of every month back from those who got them", () => {
    const grant = {
      action: "add_tokens",
      amount: 100,
      kind: "every_month",
      until: null,
      reason: "x",
    } as const;
    expect(inverseSteps(grant, ["a"], known(ana, leo), "u")).toEqual([
      { userIds: ["a"], change: { ...grant, amount: -100, reason: "u" } },
    ]);
    expect(inverseSteps(grant, [], known(ana), "u")).toBeNull();
  });

  it("offers nothing for grants that end: nothing negative takes them back", () => {
    const grant = {
      action: "add_tokens",
      amount: 100,
      kind: "this_month",
      until: null,
      reason: "x",
    } as const;
    expect(inverseSteps(grant, ["a"], known(ana), "u")).toBeNull();
  });
});

it("asks for a hundred users a call at most", () => {
  const parts = portions(Array.from({ length: 250 }, (_, n) => n));
  expect(parts.map((part) => part.length)).toEqual([100, 100, 50]);
});

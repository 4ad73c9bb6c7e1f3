import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { someUser } from "../testing";
import { inverseSteps, portions, runBulk } from "./bulk";

const post = vi.hoisted(() => vi.fn());
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ POST: post }),
  unwrap: (answer: unknown) => answer,
}));

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

describe("taking groups and limits back", () => {
  const ana = someUser({ id: "a", groupId: "0123456789ab", limitSource: "group" });
  const leo = someUser({ id: "b", groupId: null, limitSource: "own", monthlyLimit: 5 });
  const eva = someUser({ id: "c", planSource: "group", plan: "pro", limitSource: "group" });

  it("puts each into the group of before, or into none", () => {
    const change = { action: "set_group", groupId: "ba9876543210", reason: "x" } as const;
    const steps = inverseSteps(change, ["a", "b"], known(ana, leo), "u");
    expect(steps?.map((step) => [step.userIds, step.change])).toEqual([
      [["a"], { action: "set_group", groupId: "0123456789ab", reason: "u" }],
      [["b"], { action: "set_group", groupId: "", reason: "u" }],
    ]);
  });

  it("restores limits only where all were people's own", () => {
    const change = { action: "set_limit", monthlyLimit: 9, reason: "x" } as const;
    expect(inverseSteps(change, ["b"], known(leo), "u")).toEqual([
      { userIds: ["b"], change: { action: "set_limit", monthlyLimit: 5, reason: "u" } },
    ]);
    expect(inverseSteps(change, ["a", "b"], known(ana, leo), "u")).toBeNull();
  });

  it("gives the group's limit back by the plan, and offers nothing for a plan of the group", () => {
    const change = { action: "set_plan", plan: "enterprise", reason: "x" } as const;
    expect(inverseSteps(change, ["a"], known(ana), "u")).toEqual([
      { userIds: ["a"], change: { action: "set_plan", plan: "basic", reason: "u" } },
    ]);
    expect(inverseSteps(change, ["a", "c"], known(ana, eva), "u")).toBeNull();
  });
});

describe("a change of many", () => {
  const ids = Array.from({ length: 450 }, (_, n) => `u${n}`);
  const change = { action: "set_group", groupId: "", reason: "x" } as const;
  const all = (userIds: string[]) => ({ results: userIds.map((userId) => ({ userId, ok: true })) });

  beforeEach(() => {
    post.mockReset();
    post.mockImplementation((_path, { body }) => all(body.userIds));
  });

  it("counts along, and leaves who was not asked for when it is stopped", async () => {
    const seen: number[] = [];
    const outcome = await runBulk([{ userIds: ids, change }], {
      onProgress: (asked) => seen.push(asked),
      isStopped: () => seen.length === 2,
    });
    expect(seen).toEqual([100, 200]);
    expect([outcome.done.length, outcome.failed.length, outcome.left.length]).toEqual([
      200, 0, 250,
    ]);
    expect(outcome.left).toEqual(ids.slice(200));
  });

  it("gives up after two calls in a row that came to nothing", async () => {
    post.mockImplementationOnce((_path, { body }) => all(body.userIds));
    post.mockImplementation(() => {
      throw new ApiError(503, { detail: "away" });
    });
    const outcome = await runBulk([{ userIds: ids, change }]);
    expect(post).toHaveBeenCalledTimes(3);
    expect([outcome.done.length, outcome.failed.length, outcome.left.length]).toEqual([
      100, 200, 150,
    ]);
    expect(outcome.failed[0]).toEqual({ userId: "u100", message: "away" });
  });
});

it("asks for a hundred users a call at most", () => {
  const parts = portions(Array.from({ length: 250 }, (_, n) => n));
  expect(parts.map((part) => part.length)).toEqual([100, 100, 50]);
});

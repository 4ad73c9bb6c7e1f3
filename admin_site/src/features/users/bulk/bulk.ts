import { ApiError, api, unwrap } from "@/shared/api/client";
import { newId } from "@/shared/api/ids";
import type { Model } from "@/shared/api/types";
import type { Term } from "@/shared/grants/terms";

type User = Model<"UserOut">;
type Plan = User["plan"];

const NOTHING = {
  amount: null,
  kind: null,
  until: null,
  plan: null,
  monthlyLimit: null,
  groupId: null,
} as const;
/** The most users that one call takes. */
const MAX_USERS = 100;
/** So many calls in a row that came to nothing end it: the next would do no better. */
const MAX_REFUSED_CALLS = 2;

export type BulkChange =
  | { action: "suspend" | "activate"; reason: string }
  | ({ action: "add_tokens"; amount: number; reason: string } & Term)
  | { action: "set_plan"; plan: Plan; monthlyLimit?: number; reason: string }
  | { action: "set_limit"; monthlyLimit: number; reason: string }
  /** An empty id: no group any more. */
  | { action: "set_group"; groupId: string; reason: string };

export interface BulkOutcome {
  done: string[];
  failed: { userId: string; message: string }[];
  /** Whom nobody was asked about: it was stopped before. */
  left: string[];
}

/** The same change for some users: an undo needs several, since people differ beforehand. */
export interface BulkStep {
  userIds: string[];
  change: BulkChange;
}

export interface Watch {
  onProgress?: (asked: number) => void;
  /** Asked before each call; what is under way is waited for. */
  isStopped?: () => boolean;
}

export function portions<T>(items: readonly T[], size = MAX_USERS): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}

/** Changes users, a hundred a call; whoever could not be asked for is among the failed. */
export async function runBulk(
  steps: readonly BulkStep[],
  { onProgress = () => undefined, isStopped = () => false }: Watch = {},
): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: [], failed: [], left: [] };
  const once = newId();
  const parts = steps.flatMap(({ userIds, change }) =>
    portions(userIds).map((part) => ({ userIds: part, change })),
  );
  let asked = 0;
  let refused = 0;
  for (const { userIds, change } of parts) {
    if (refused >= MAX_REFUSED_CALLS || isStopped()) {
      outcome.left.push(...userIds);
      continue;
    }
    try {
      const answer = await unwrap(
        api().POST("/admin/users/bulk", {
          body: { ...NOTHING, ...change, userIds },
          headers: { "Idempotency-Key": once },
        }),
      );
      refused = 0;
      for (const one of answer.results) {
        if (one.ok) outcome.done.push(one.userId);
        else outcome.failed.push({ userId: one.userId, message: one.problem?.message ?? "" });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused += 1;
      for (const userId of userIds) outcome.failed.push({ userId, message: error.message });
    }
    asked += userIds.length;
    onProgress(asked);
  }
  return outcome;
}

/**
 * The steps that take a change back, by how the users were before; null when somebody cannot be
 * restored: half an undo would be worse than none. Grants that end are voided one by one, by people.
 */
export function inverseSteps(
  change: BulkChange,
  done: readonly string[],
  before: ReadonlyMap<string, User>,
  reason: string,
): BulkStep[] | null {
  const users: User[] = [];
  for (const id of done) {
    const user = before.get(id);
    if (user === undefined) return null;
    users.push(user);
  }
  switch (change.action) {
    case "add_tokens":
      if (done.length === 0 || change.kind !== "every_month") return null;
      return [{ userIds: [...done], change: { ...change, amount: -change.amount, reason } }];
    case "set_plan":
      return plansBack(users, reason);
    case "set_limit":
      return limitsBack(users, reason);
    case "set_group":
      return together(users, ({ groupId }) => ({
        action: "set_group",
        groupId: groupId ?? "",
        reason,
      }));
    default:
      return statusBack(change.action, users, reason);
  }
}

function statusBack(
  action: "suspend" | "activate",
  users: readonly User[],
  reason: string,
): BulkStep[] | null {
  const target = action === "suspend" ? "suspended" : "active";
  const from = action === "suspend" ? "active" : "suspended";
  const touched = users.filter((user) => user.status !== target);
  if (touched.length === 0 || touched.some((user) => user.status !== from)) return null;
  const change: BulkChange = { action: action === "suspend" ? "activate" : "suspend", reason };
  return [{ userIds: touched.map((user) => user.id), change }];
}

function plansBack(users: readonly User[], reason: string): BulkStep[] | null {
  // A plan that the group gave would come back as a choice for this one person.
  if (users.some((user) => user.planSource === "group")) return null;
  return together(users, ({ plan, monthlyLimit, limitSource }) => ({
    action: "set_plan",
    plan,
    ...(limitSource === "plan" || limitSource === "group" ? {} : { monthlyLimit }),
    reason,
  }));
}

/** Only limits of their own come back: what plan or group give is nothing to set. */
function limitsBack(users: readonly User[], reason: string): BulkStep[] | null {
  if (users.some((user) => user.limitSource !== "own")) return null;
  return together(users, ({ monthlyLimit }) => ({ action: "set_limit", monthlyLimit, reason }));
}

/** One step for all who get the same. */
function together(users: readonly User[], changeOf: (user: User) => BulkChange): BulkStep[] | null {
  const steps = new Map<string, BulkStep>();
  for (const user of users) {
    const change = changeOf(user);
    const key = JSON.stringify(change);
    const step = steps.get(key) ?? { userIds: [], change };
    step.userIds.push(user.id);
    steps.set(key, step);
  }
  return steps.size === 0 ? null : [...steps.values()];
}

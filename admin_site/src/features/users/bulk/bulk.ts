import { ApiError, api, unwrap } from "@/shared/api/client";
import { newId } from "@/shared/api/ids";
import type { Model } from "@/shared/api/types";
import type { Term } from "@/shared/grants/terms";

type User = Model<"UserOut">;
type Plan = User["plan"];

const NOTHING = { amount: null, kind: null, until: null, plan: null, monthlyLimit: null } as const;
/** The most users that one call takes. */
const MAX_USERS = 100;

export type BulkChange =
  | { action: "suspend" | "activate"; reason: string }
  | ({ action: "add_tokens"; amount: number; reason: string } & Term)
  | { action: "set_plan"; plan: Plan; monthlyLimit?: number; reason: string };

export interface BulkOutcome {
  done: string[];
  failed: { userId: string; message: string }[];
}

/** The same change for some users: an undo needs several, since people differ beforehand. */
export interface BulkStep {
  userIds: string[];
  change: BulkChange;
}

export function portions<T>(items: readonly T[], size = MAX_USERS): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}

/** Changes users, a hundred a call; whoever could not be asked for is among the failed. */
export async function runBulk(
  steps: readonly BulkStep[],
  onProgress: (asked: number) => void = () => undefined,
): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: [], failed: [] };
  const once = newId();
  const parts = steps.flatMap(({ userIds, change }) =>
    portions(userIds).map((part) => ({ userIds: part, change })),
  );
  let asked = 0;
  for (const { userIds, change } of parts) {
    try {
      const answer = await unwrap(
        api().POST("/admin/users/bulk", {
          body: { ...NOTHING, ...change, userIds },
          headers: { "Idempotency-Key": once },
        }),
      );
      for (const one of answer.results) {
        if (one.ok) outcome.done.push(one.userId);
        else outcome.failed.push({ userId: one.userId, message: one.problem?.message ?? "" });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
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
  if (change.action === "add_tokens") {
    if (done.length === 0 || change.kind !== "every_month") return null;
    return [{ userIds: [...done], change: { ...change, amount: -change.amount, reason } }];
  }
  if (change.action === "set_plan") return plansBack(users, reason);
  return statusBack(change.action, users, reason);
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
  const groups = new Map<string, BulkStep>();
  for (const { id, plan, monthlyLimit, limitSource } of users) {
    const own = limitSource === "plan" ? {} : { monthlyLimit };
    const key = `${plan}/${own.monthlyLimit}`;
    const step = groups.get(key) ?? {
      userIds: [],
      change: { action: "set_plan", plan, ...own, reason },
    };
    step.userIds.push(id);
    groups.set(key, step);
  }
  return groups.size === 0 ? null : [...groups.values()];
}

import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import type { Term } from "@/shared/grants/terms";
import { actionText } from "./actionTexts";

type User = Model<"UserOut">;

/** What an admin does to one user; each has its call and, where one exists, its inverse. */
export type Change =
  | { kind: "suspend"; reason: string }
  | { kind: "activate"; reason: string }
  | Given
  | { kind: "void"; grantId: string; reason: string }
  | { kind: "takeBack"; given: Given; reason: string }
  | { kind: "reset"; reason: string }
  | { kind: "daily"; dailyLimit: string; before: string; reason: string }
  | { kind: "lift"; reason: string }
  | { kind: "edit"; values: EditedValues; reason: string };

/** Tokens granted, or taken back of those of every month. */
export interface Given {
  kind: "tokens";
  amount: number;
  term: Term;
  reason: string;
}

export interface EditedValues {
  email?: string;
  name?: string;
  plan?: User["plan"];
  monthlyLimit?: number;
  limitSource?: "own" | "plan";
  planSource?: "group";
  /** An id; empty: no group any more. */
  groupId?: string;
  models?: string[];
  modelsSource?: "group";
  enforcementSource?: "plan";
  enforcement?: User["enforcement"];
  status?: Exclude<User["status"], "deleted">;
}

/** The API leaves as it is what is null. */
const UNCHANGED = {
  email: null,
  name: null,
  plan: null,
  monthlyLimit: null,
  status: null,
  enforcement: null,
  enforcementSource: null,
  limitSource: null,
  planSource: null,
  groupId: null,
  models: null,
  modelsSource: null,
  additionalTokens: null,
  dailyLimit: null,
} as const;

/** Asks the API for a change; `once` names a grant, so that a repetition grants nothing more. */
export function send(userId: string, change: Change, once: string): Promise<User> {
  const params = { path: { user_id: userId } };
  switch (change.kind) {
    case "suspend":
      return unwrap(
        api().POST("/admin/users/{user_id}/suspend", { params, body: { reason: change.reason } }),
      );
    case "activate":
      return unwrap(
        api().POST("/admin/users/{user_id}/activate", { params, body: { reason: change.reason } }),
      );
    case "tokens":
      return unwrap(
        api().POST("/admin/users/{user_id}/tokens", {
          params,
          body: { amount: change.amount, ...change.term, reason: change.reason },
          headers: { "Idempotency-Key": once },
        }),
      );
    case "void":
      return voidGrant(userId, change.grantId, change.reason);
    case "takeBack":
      return takeBack(userId, change.given, change.reason);
    case "reset":
      return unwrap(
        api().POST("/admin/users/{user_id}/reset-usage", {
          params,
          body: { reason: change.reason },
        }),
      );
    case "daily":
      return unwrap(
        api().PUT("/admin/users/{user_id}", {
          params,
          body: { ...UNCHANGED, dailyLimit: change.dailyLimit, reason: change.reason },
        }),
      );
    case "lift":
      return unwrap(
        api().POST("/admin/users/{user_id}/lift-day", { params, body: { reason: change.reason } }),
      );
    case "edit":
      return unwrap(
        api().PUT("/admin/users/{user_id}", {
          params,
          body: { ...UNCHANGED, ...change.values, reason: change.reason },
        }),
      );
  }
}

function voidGrant(userId: string, grantId: string, reason: string): Promise<User> {
  return unwrap(
    api().DELETE("/admin/users/{user_id}/grants/{grant_id}", {
      params: { path: { user_id: userId, grant_id: grantId }, query: reason ? { reason } : {} },
    }),
  );
}

/** Takes back what is unused of a grant that was given just now: the newest that is like it. */
async function takeBack(userId: string, { amount, term }: Given, reason: string): Promise<User> {
  const { items } = await unwrap(
    api().GET("/admin/users/{user_id}/grants", { params: { path: { user_id: userId } } }),
  );
  const [newest] = items
    .filter(
      (one) => one.kind === term.kind && one.until === term.until && one.grantedTokens === amount,
    )
    .sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  if (newest === undefined) throw new Error(actionText("grantGone"));
  return voidGrant(userId, newest.id, reason);
}

/** What takes a change back; null where nothing does (forgiven usage is gone). */
export function inverse(before: User, change: Change, reason: string): Change | null {
  switch (change.kind) {
    case "suspend":
    case "activate":
      return statusBack(before.status, change.kind, reason);
    case "tokens":
      return change.term.kind === "every_month"
        ? { ...change, amount: -change.amount, reason }
        : { kind: "takeBack", given: change, reason };
    case "edit":
      return { kind: "edit", values: valuesBack(before, change.values), reason };
    case "daily":
      return { kind: "daily", dailyLimit: change.before, before: change.dailyLimit, reason };
    case "reset":
    case "lift":
    case "void":
    case "takeBack":
      return null;
  }
}

function statusBack(
  status: User["status"],
  done: "suspend" | "activate",
  reason: string,
): Change | null {
  if (status === "active") return done === "suspend" ? { kind: "activate", reason } : null;
  if (status === "suspended") return done === "activate" ? { kind: "suspend", reason } : null;
  return status === "deleted" ? null : { kind: "edit", values: { status }, reason };
}

function valuesBack(before: User, values: EditedValues): EditedValues {
  const back: EditedValues = {};
  if (values.email !== undefined) back.email = before.email;
  if (values.name !== undefined) back.name = before.name;
  if (values.groupId !== undefined) back.groupId = before.groupId ?? "";
  if (values.models !== undefined || values.modelsSource !== undefined) {
    if (before.modelsSource === "group") back.modelsSource = "group";
    else back.models = before.models ?? ["*"];
  }
  if (values.plan !== undefined || values.planSource !== undefined) {
    if (before.planSource === "group") back.planSource = "group";
    else back.plan = before.plan;
  }
  if (values.enforcement !== undefined || values.enforcementSource !== undefined) {
    if (before.enforcementSource === "plan") back.enforcementSource = "plan";
    else back.enforcement = before.enforcement;
  }
  // Another plan brings another limit, stated or not.
  const { plan, planSource, monthlyLimit, limitSource } = values;
  if ([plan, planSource, monthlyLimit, limitSource].some((one) => one !== undefined)) {
    if (before.limitSource === "plan" || before.limitSource === "group") back.limitSource = "plan";
    else Object.assign(back, { monthlyLimit: before.monthlyLimit, limitSource: "own" });
  }
  return back;
}

/**
 * Only what differs; an empty object means that there is nothing to ask for.
 *
 * `planLimit` is the limit of the plan in the form: with another plan and its limit, the limit stays
 * the plan's, and changes with it.
 */
export function edited(
  before: User,
  form: Pick<User, "email" | "name" | "plan" | "monthlyLimit" | "enforcement">,
  planLimit?: number,
): EditedValues {
  const values: EditedValues = {};
  if (form.email !== before.email) values.email = form.email;
  if (form.name !== before.name) values.name = form.name;
  if (form.plan !== before.plan) values.plan = form.plan;
  if (form.enforcement !== before.enforcement) values.enforcement = form.enforcement;
  const isOwn =
    form.plan === before.plan
      ? form.monthlyLimit !== before.monthlyLimit
      : form.monthlyLimit !== planLimit;
  if (isOwn) values.monthlyLimit = form.monthlyLimit;
  return values;
}

/** The user as they will be after a change that is safe to show before the answer. */
export function optimistic(user: User, change: Change): User {
  if (change.kind === "suspend") return { ...user, status: "suspended" };
  if (change.kind === "activate") return { ...user, status: "active" };
  return user;
}

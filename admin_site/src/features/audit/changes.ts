import type { Model } from "@/shared/api/types";

type Entry = Model<"AuditOut">;
export type Value = string | number | boolean | null;

export interface Change {
  field: string;
  /** undefined: there was nothing before, or nothing is left after. */
  before: Value | undefined;
  after: Value | undefined;
}

const LEADING = "groupId";

/** What an entry says of its target, a group before what came with it; what is empty is left out. */
export function changesOf({ before, after }: Pick<Entry, "before" | "after">): Change[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const leading = fields.has(LEADING) ? [LEADING] : [];
  return [...new Set([...leading, ...fields])]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter((one) => one.before !== one.after && (one.before ?? one.after ?? null) !== null);
}

/** Whether an entry tells of a user's group, whose name has to be known to tell it. */
export function tellsOfGroup({ before, after }: Pick<Entry, "before" | "after">): boolean {
  return [before, after].some((side) => typeof side?.groupId === "string");
}

/** Whether a change has two sides; else it is just told. */
export function isTwoSided(change: Change): boolean {
  return change.before !== undefined && change.after !== undefined;
}

export const FIELDS = [
  "name",
  "email",
  "alias",
  "mergedInto",
  "mergedFrom",
  "usage",
  "endedTokens",
  "status",
  "enforcement",
  "dailyLimit",
  "liftedDay",
  "groupId",
  "costCenter",
  "plan",
  "monthlyLimit",
  "limitSource",
  "models",
  "ceilingTokens",
  "managers",
  "recipients",
  "warning",
  "critical",
  "ratePerSecond",
  "rateBurst",
  "additionalTokens",
  "grantKind",
  "until",
  "currentUsage",
  "role",
  "hasPassword",
  "method",
  "kind",
  "userEmail",
  "expiresAt",
  "allowedModels",
  "rateLimitPerSecond",
  "rateLimitBurst",
  "revokedAt",
  "scopes",
  "weights",
  "channelKind",
  "address",
  "events",
  "groups",
  "language",
  "noNames",
  "resolvedAt",
  "suppression",
  "suppressedAt",
  "type",
  "format",
  "rows",
  "state",
  "request",
  "tokens",
  "granted",
  "how",
  "isOn",
  "automaticTokens",
] as const;
export type Field = (typeof FIELDS)[number];

/** Words of the API that have one of ours. */
export const WORDS = [
  "active",
  "suspended",
  "blocked",
  "pending",
  "deleted",
  "trial",
  "basic",
  "pro",
  "enterprise",
  "admin",
  "viewer",
  "auditor",
  "manager",
  "password",
  "oidc",
  "service",
  "personal",
  "usage",
  "users",
  "summary_by_user",
  "summary_by_model",
  "summary_by_day",
  "summary_by_group",
  "summary_by_key",
  "alerts",
  "audit",
  "queued",
  "running",
  "done",
  "failed",
  "block",
  "warn",
  "own",
  "default",
  "plan",
  "group",
  "this_month",
  "until",
  "until_used",
  "bounce",
  "complaint",
  "policy",
  "raise",
] as const;
export type Word = (typeof WORDS)[number];

/** Fields whose values are words; a name that happens to be one of them stays a name. */
const WORDED = new Set([
  "status",
  "enforcement",
  "limitSource",
  "plan",
  "role",
  "method",
  "kind",
  "grantKind",
  "type",
  "state",
  "suppression",
  "how",
]);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export type Shown =
  | { kind: "none" }
  | { kind: "word"; word: Word }
  | { kind: "yes" | "no" }
  | { kind: "number"; value: number }
  | { kind: "instant"; value: string }
  | { kind: "day"; value: string }
  | { kind: "group"; id: string }
  | { kind: "text"; value: string };

/** How a value is to be shown. */
export function shownAs(field: string, value: Value | undefined): Shown {
  if (value === null || value === undefined || value === "") return { kind: "none" };
  if (typeof value === "boolean") return { kind: value ? "yes" : "no" };
  if (typeof value === "number") return { kind: "number", value };
  const word = WORDED.has(field) ? WORDS.find((one) => one === value) : undefined;
  if (word) return { kind: "word", word };
  if (field === "groupId") return { kind: "group", id: value };
  if (INSTANT.test(value)) return { kind: "instant", value };
  if (field === "until" && DAY.test(value)) return { kind: "day", value };
  return { kind: "text", value: field === "format" ? value.toUpperCase() : value };
}

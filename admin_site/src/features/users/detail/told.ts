import type { Model } from "@/shared/api/types";
import type { UserTexts } from "../userTexts";

type Transaction = Model<"TransactionOut">;
type Key = Parameters<UserTexts>[0];

const FIELDS = [
  "plan",
  "monthlyLimit",
  "additionalTokens",
  "currentUsage",
  "availableTokens",
  "chargedTokens",
  "requests",
  "status",
] as const;
export type Field = (typeof FIELDS)[number];

const STATUS: Record<string, Key> = {
  active: "did_status_active",
  suspended: "did_status_suspended",
  blocked: "did_status_blocked",
  pending: "did_status_pending",
  deleted: "did_status_deleted",
};

/** Who did it, as people call them. */
export function actorName(actor: string, t: UserTexts): string {
  if (actor === "system") return t("actorSystem");
  if (actor === "reconcile") return t("actorReconcile");
  return actor.startsWith("cli:") ? t("actorCli", { login: actor.slice(4) }) : actor;
}

/** What was done, as the words after the actor's name. */
export function deedOf(
  { kind, amount, after }: Transaction,
  t: UserTexts,
  words: {
    tokens: (value: number) => string;
    plan: (plan: string) => string;
    place: (place: string) => string;
  },
): string {
  switch (kind) {
    case "grant":
      return t(amount < 0 ? "did_taken" : "did_granted", {
        tokens: words.tokens(Math.abs(amount)),
      });
    case "limit_change":
      return t("did_limit");
    case "plan_change":
      return t("did_plan", { plan: words.plan(String(after.plan)) });
    case "usage_reset":
      return t("did_reset");
    case "merge":
      return t(amount < 0 ? "did_merge_out" : "did_merge_in", {
        tokens: words.tokens(Math.abs(amount)),
      });
    case "correction":
      return t("did_correction", { place: words.place(String(after.place)) });
    case "status_change":
      return t(STATUS[String(after.status)] ?? "did_unknown");
    default:
      return t("did_unknown");
  }
}

/** The fields that differ, the most telling first. */
export function steps({
  before,
  after,
}: Transaction): { field: Field; before: string | number; after: string | number }[] {
  return FIELDS.flatMap((field) => {
    const from = before[field];
    const to = after[field];
    return from === undefined || to === undefined || from === to
      ? []
      : [{ field, before: from, after: to }];
  });
}

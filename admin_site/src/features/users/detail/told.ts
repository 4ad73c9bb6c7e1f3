import type { Model } from "@/shared/api/types";
import type { Term } from "@/shared/grants/terms";
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

const ENDING = ["this_month", "until", "until_used"] as const;

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

/** Whether time did it, or a late answer, and nobody's name is to stand before it. */
export function isOfItself({ kind }: Transaction): boolean {
  return kind === "grant_end" || kind === "grant_late";
}

/** What was done, as the words after the actor's name. */
export function deedOf(
  row: Transaction,
  t: UserTexts,
  words: {
    tokens: (value: number) => string;
    plan: (plan: string) => string;
    place: (place: string) => string;
    term: (term: Term, period: string) => string;
  },
): string {
  const { kind, amount, after } = row;
  const tokens = words.tokens(Math.abs(amount));
  switch (kind) {
    case "grant": {
      const term = termOf(row);
      if (amount < 0 && term.kind === "every_month") return t("did_taken", { tokens });
      return t(amount < 0 ? "did_voided" : "did_granted", {
        tokens,
        term: words.term(term, row.period),
      });
    }
    case "grant_end":
      return t("did_ended", { tokens });
    case "grant_late":
      return t(amount < 0 ? "did_used_late" : "did_given_back_late", { tokens });
    case "limit_change":
      return t("did_limit");
    case "plan_change":
      return t("did_plan", { plan: words.plan(String(after.plan)) });
    case "usage_reset":
      return t("did_reset");
    case "merge":
      return t(amount < 0 ? "did_merge_out" : "did_merge_in", { tokens });
    case "correction":
      return t("did_correction", { place: words.place(String(after.place)) });
    case "status_change":
      return t(STATUS[String(after.status)] ?? "did_unknown");
    default:
      return t("did_unknown");
  }
}

/** The term of the grant that a row made or voided; it tells none for what is of every month. */
function termOf({ after }: Transaction): Term {
  const known = ENDING.find((one) => one === after.grantKind);
  if (!known) return { kind: "every_month", until: null };
  return { kind: known, until: typeof after.until === "string" ? after.until : null };
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

import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useGrantTexts } from "./texts";

/** How long additional tokens are good for; `until` is the last day, and only of that kind. */
export interface Term {
  kind: Model<"GrantKind">;
  until: string | null;
}

/** A term in words; one of a month that may be over by now, `period`, names it. */
export function useTermWords(): (term: Term, period?: string) => string {
  const t = useGrantTexts();
  const format = useFormat();
  return ({ kind, until }, period) => {
    if (kind === "until") return t("term_until", { date: until ? format.date(until) : "" });
    if (kind === "this_month" && period) return t("term_month", { month: format.month(period) });
    return t(`term_${kind}`);
  };
}

/** What this month has used of grants that only hold what is left: it stays additional. */
export function usedOfGrants(additionalTokens: number, grants: readonly { tokens: number }[]) {
  return Math.max(0, additionalTokens - everyToken(grants));
}

/** What is granted on top of each month's limit. */
export function everyMonthTokens(grants: readonly { kind: string; tokens: number }[]): number {
  return everyToken(grants.filter((one) => one.kind === "every_month"));
}

function everyToken(grants: readonly { tokens: number }[]): number {
  return grants.reduce((sum, one) => sum + one.tokens, 0);
}

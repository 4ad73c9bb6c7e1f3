import { type Format, renewalDay } from "@/shared/format";
import { parseTokens } from "@/shared/format/typed";
import { addDays, isDay } from "@/shared/range/days";
import type { Term } from "./terms";
import type { GrantingTexts } from "./texts";

/** How long tokens may be granted for; the first is chosen unless somebody chooses. */
export const KINDS = ["this_month", "until", "until_used", "every_month"] as const;
/** How far away the API takes the last day: five years. */
const MOST_DAYS = 1_830;

/** What a form asks for: the texts of an amount and of a day. */
export interface GrantValues {
  amount: string;
  kind: Term["kind"];
  until: string;
}

/** What a user has each month without the grant that is being made. */
export interface OwnMonths {
  tokens: number;
  /** Whether other grants outlive the month, which add what is left of them. */
  hasLasting: boolean;
}

/** The term that is asked for: tokens are taken back of those of every month alone. */
export function termOf({ amount, kind, until }: GrantValues): Term {
  if ((parseTokens(amount) ?? 0) < 0) return { kind: "every_month", until: null };
  return { kind, until: kind === "until" ? until : null };
}

/** Whether something of a grant may be left when a month ends. */
export function outlives({ kind, until }: Term, period: string): boolean {
  return kind === "until_used" || (kind === "until" && (until ?? "").slice(0, 7) > period);
}

/** The days that a grant may end with. */
export function lastDays(today: string): { min: string; max: string } {
  return { min: today, max: addDays(today, MOST_DAYS) };
}

/** Whether the last day, where there is one, is one that the API takes. */
export function isLastDay({ kind, until }: Term, today: string): boolean {
  if (kind !== "until") return true;
  const { min, max } = lastDays(today);
  return until !== null && isDay(until) && until >= min && until <= max;
}

/** What a grant means for whoever gets it; `months` null: it is not known, or there are many. */
export function meaningOf(
  term: Term,
  amount: number,
  months: OwnMonths | null,
  { t, format, today }: { t: GrantingTexts; format: Format; today: string },
): string {
  const period = today.slice(0, 7);
  switch (term.kind) {
    case "this_month": {
      const month = format.monthName(renewalDay(period).slice(0, 7));
      if (months === null) return t("meansThisMonth", { month });
      return t(months.hasLasting ? "meansThisMonthLasting" : "meansThisMonthOf", {
        month,
        tokens: format.integer(months.tokens),
      });
    }
    case "until":
      if (!isLastDay(term, today) || term.until === null) return t("meansUntilUnknown");
      return t(outlives(term, period) ? "meansUntilLater" : "meansUntilSoon", {
        date: format.date(term.until),
      });
    case "until_used":
      return t("meansUntilUsed");
    case "every_month":
      return everyMonth(amount, months, t, format);
  }
}

function everyMonth(
  amount: number,
  months: OwnMonths | null,
  t: GrantingTexts,
  format: Format,
): string {
  if (amount === 0) return t("meansEveryMonth");
  if (months === null) {
    return t(amount < 0 ? "meansEveryMonthLess" : "meansEveryMonthMore", {
      tokens: format.integer(Math.abs(amount)),
    });
  }
  return t(amount < 0 ? "meansEveryMonthBack" : "meansEveryMonthOf", {
    tokens: format.integer(months.tokens + amount),
  });
}

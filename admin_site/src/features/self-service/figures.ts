import type { MyUsage } from "./data";

export type Outlook =
  | { kind: "suspended" | "blocked" | "pending" | "usedUp" | "nearlyOut" }
  | { kind: "idle" | "fine" | "outToday" }
  | { kind: "out"; on: string };

/** Limit plus additional tokens. */
export function grantedOf(usage: MyUsage): number {
  return usage.monthlyLimit + usage.additionalTokens;
}

/** How much of what is granted is used, in percent. */
export function usedPercent(usage: MyUsage): number {
  const granted = grantedOf(usage);
  if (granted === 0) return 100;
  return (100 * usage.currentUsage) / granted;
}

/** The first day of the month after a period, `2026-12-01` after `2026-11`: the same everywhere. */
export function renewalDay(period: string): string {
  const [year = 0, month = 0] = period.split("-").map(Number);
  const next = month === 12 ? [year + 1, 1] : [year, month + 1];
  return `${next[0]}-${String(next[1]).padStart(2, "0")}-01`;
}

/** The one thing worth saying about the rest of the month. */
export function outlookOf(usage: MyUsage): Outlook {
  if (usage.status === "suspended" || usage.status === "blocked" || usage.status === "pending") {
    return { kind: usage.status };
  }
  if (usage.usageLevel === "blocked") return { kind: "usedUp" };
  if (usage.forecast.runsOutOn !== null) {
    const today = usage.usageByDay.at(-1)?.date;
    const on = usage.forecast.runsOutOn;
    return on === today ? { kind: "outToday" } : { kind: "out", on };
  }
  // Whoever is refused for a week has no pace: the little that is left carries no question.
  if (usage.usageLevel === "critical") return { kind: "nearlyOut" };
  return { kind: usage.forecast.pacePerDay === 0 ? "idle" : "fine" };
}

/** The first name, for a greeting. */
export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? "";
}

import type { MyUsage } from "./data";

export type Outlook =
  | { kind: "suspended" | "blocked" | "pending" | "usedUp" | "overQuota" | "nearlyOut" }
  | { kind: "idle" | "fine" | "outToday" }
  | { kind: "out"; on: string };

/** The one thing worth saying about the rest of the month. */
export function outlookOf(usage: MyUsage): Outlook {
  if (usage.status === "suspended" || usage.status === "blocked" || usage.status === "pending") {
    return { kind: usage.status };
  }
  if (usage.usageLevel === "blocked") {
    return { kind: usage.enforcement === "warn" ? "overQuota" : "usedUp" };
  }
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

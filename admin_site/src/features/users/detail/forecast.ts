import type { Model } from "@/shared/api/types";

export type Outlook =
  | { kind: "exhausted" }
  | { kind: "today" }
  | { kind: "runsOut"; day: string }
  | { kind: "holds"; percent: number }
  | { kind: "idle" };

/** What the forecast means for a user; `today` is the periods' day, as 2026-11-22. */
export function outlook(
  user: Model<"UserOut">,
  forecast: Model<"UserForecast">,
  today: string,
): Outlook {
  const granted = user.monthlyLimit + user.additionalTokens;
  if (user.usageLevel === "blocked") return { kind: "exhausted" };
  if (forecast.runsOutOn !== null) {
    return forecast.runsOutOn <= today
      ? { kind: "today" }
      : { kind: "runsOut", day: forecast.runsOutOn };
  }
  if (forecast.pacePerDay === 0) return { kind: "idle" };
  return { kind: "holds", percent: granted === 0 ? 100 : (100 * forecast.monthTotal) / granted };
}

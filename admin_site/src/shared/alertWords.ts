import type { Model } from "@/shared/api/types";

type Alert = Model<"AlertOut">;

/** Whether it says that somebody's grant ends soon: they were told, and nobody has to do anything. */
export function isEnding({ threshold, userId }: Pick<Alert, "threshold" | "userId">): boolean {
  return threshold === null && userId !== null;
}

/** Whether it sums up a month; what else is about no user has words of its own in the record. */
export function isSummary({
  threshold,
  userId,
  type,
}: Pick<Alert, "threshold" | "userId" | "type">): boolean {
  return threshold === null && userId === null && type === "info";
}

/**
 * The word for an alert's title; null: the record's own.
 *
 * A block may come with tokens left, too few for a request: the quota is not used up then.
 */
export function titleKey(
  alert: Pick<Alert, "threshold" | "userId" | "type" | "remainingTokens">,
): "warning" | "critical" | "block" | "nearlyOut" | "ending" | "summary" | null {
  if (alert.threshold === "block") return alert.remainingTokens ? "nearlyOut" : "block";
  if (alert.threshold !== null) return alert.threshold;
  if (isEnding(alert)) return "ending";
  return isSummary(alert) ? "summary" : null;
}

/** How a resolved alert came to be so; null: it is open, or there was nothing to do about it. */
export function resolutionKey(
  alert: Pick<Alert, "threshold" | "type" | "resolvedAt" | "resolvedBy" | "resolvedWhy"> & {
    mails: readonly Alert["mails"][number][];
  },
): "person" | "alone" | `why_${NonNullable<Alert["resolvedWhy"]>}` | null {
  if (alert.resolvedAt === null) return null;
  if (
    alert.threshold === null &&
    alert.type === "info" &&
    (alert.resolvedBy ?? "system") === "system"
  )
    return null;
  if (alert.resolvedWhy) return `why_${alert.resolvedWhy}`;
  if (alert.resolvedBy) return "person";
  // of one that is being resolved just now it is not known yet
  return alert.mails.some((mail) => mail.state === "skipped") ? "alone" : null;
}

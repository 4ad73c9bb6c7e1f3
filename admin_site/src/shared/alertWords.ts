import type { Model } from "@/shared/api/types";

type Alert = Model<"AlertOut">;

/** Whether it says that somebody's grant ends soon: they were told, and nobody has to do anything. */
export function isEnding({ id }: Pick<Alert, "id">): boolean {
  return id.includes("~grant_ending~");
}

/** As the ids of what lasts until somebody ends it begin. */
const CAUSES = ["person_waiting", "key_expiring", "upstream_failing", "books_differ"] as const;

/** What lasts until somebody ends it; null: it is something else. */
export function causeOf({ id }: Pick<Alert, "id">): (typeof CAUSES)[number] | null {
  return CAUSES.find((one) => id.startsWith(`${one}~`)) ?? null;
}

/** As the ids of what sums up a group's month begin: its record names the group. */
const OF_GROUP = "group_summary~";

/** Whether it sums up everybody's month; what else is of no user has words of its own. */
export function isSummary({
  id,
  threshold,
  userId,
  type,
}: Pick<Alert, "id" | "threshold" | "userId" | "type">): boolean {
  const isWhole = !id.startsWith(OF_GROUP);
  return threshold === null && userId === null && type === "info" && isWhole;
}

/**
 * The word for an alert's title; null: the record's own.
 *
 * Used up is a quota all of which was used: a block may come with tokens left, too few for a
 * request, at a share below all of it, or where nothing was granted.
 */
export function titleKey(
  alert: Pick<
    Alert,
    | "id"
    | "threshold"
    | "userId"
    | "type"
    | "remainingTokens"
    | "currentUsage"
    | "monthlyLimit"
    | "additionalTokens"
  >,
):
  | "warning"
  | "critical"
  | "block"
  | "nearlyOut"
  | "early"
  | "noQuota"
  | "ending"
  | "summary"
  | (typeof CAUSES)[number]
  | null {
  if (alert.threshold === "block") return blockKey(alert);
  if (alert.threshold !== null) return alert.threshold;
  if (isEnding(alert)) return "ending";
  return isSummary(alert) ? "summary" : causeOf(alert);
}

function blockKey({
  remainingTokens,
  currentUsage,
  monthlyLimit,
  additionalTokens,
}: Pick<Alert, "remainingTokens" | "currentUsage" | "monthlyLimit" | "additionalTokens">) {
  if (remainingTokens) return "nearlyOut";
  // a record without figures: the word that it had
  if (currentUsage === null || monthlyLimit === null) return "block";
  const granted = monthlyLimit + (additionalTokens ?? 0);
  if (granted === 0 && currentUsage === 0) return "noQuota";
  return currentUsage < granted ? "early" : "block";
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

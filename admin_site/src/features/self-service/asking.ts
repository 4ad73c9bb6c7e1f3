import { siteConfig } from "@/shared/api/config";
import type { Model } from "@/shared/api/types";
import { periodDay } from "@/shared/format";
import { MAX_TOKENS, parseTokens } from "@/shared/format/typed";
import { currentLocale } from "@/shared/i18n";
import type { MyUsage } from "./data";
import { credential } from "./token";

export type Asking = Model<"OwnAsking">;
export type OwnRequest = Model<"OwnRequest">;

export const MAX_REASON = 500;
const ANSWER_MILLISECONDS = 15_000;
const UNAUTHENTICATED = 401;
const SERVER_ERROR = 500;

/** What is typed into the form. */
export interface Draft {
  amount: string;
  reason: string;
}

export const EMPTY: Draft = { amount: "", reason: "" };

/** What is wrong with a draft, as keys of the texts. */
export interface DraftProblems {
  amount?: "amountNeeded";
  reason?: "reasonNeeded";
}

export function problemsOf({ amount, reason }: Draft): DraftProblems {
  const tokens = parseTokens(amount) ?? 0;
  return {
    ...(tokens >= 1 && tokens <= MAX_TOKENS ? {} : { amount: "amountNeeded" }),
    ...(reason.trim() === "" ? { reason: "reasonNeeded" } : {}),
  };
}

/** What became of a request: taken, no longer opened by this link, refused in words, or nothing. */
export type Sent =
  | { kind: "taken"; request: OwnRequest }
  | { kind: "refused" }
  | { kind: "problem"; message: string }
  | { kind: "away" };

/** Asks for tokens in the name of whoever holds the link. */
export async function sendRequest(token: string, draft: Draft): Promise<Sent> {
  try {
    const answer = await fetch(`${siteConfig().apiBaseUrl}/me/requests`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${credential(token)}`,
        "Accept-Language": currentLocale(),
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ tokens: parseTokens(draft.amount), reason: draft.reason.trim() }),
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    if (answer.status === UNAUTHENTICATED) return { kind: "refused" };
    if (answer.status >= SERVER_ERROR) return { kind: "away" };
    if (answer.ok) return { kind: "taken", request: (await answer.json()) as OwnRequest };
    return { kind: "problem", message: messageOf(await answer.json()) };
  } catch {
    return { kind: "away" };
  }
}

/** The API's own words, which are in the language of the page. */
function messageOf(problem: Partial<Model<"Problem">>): string {
  const fields = problem.errors?.map((one) => one.message) ?? [];
  return fields.length > 0 ? fields.join(" ") : (problem.title ?? "");
}

/** What is known by now: an answer to a request is newer than the figures before it. */
export function known(asking: Asking, sent: OwnRequest | null): Asking {
  // ids sort by time
  if (sent === null || (asking.last !== null && asking.last.id >= sent.id)) return asking;
  const isPending = sent.state === "pending";
  return {
    ...asking,
    allowed: !isPending,
    whyNot: isPending ? "pending" : null,
    notBefore: null,
    last: sent,
  };
}

/** The last request, while it is news: until the month after, or as long as it keeps one waiting. */
export function newsOf(asking: Asking, period: string): OwnRequest | null {
  const { last } = asking;
  if (last === null || last.state === "pending" || asking.whyNot === "paused") return last;
  const at = new Date(last.decidedAt ?? last.createdAt);
  const month = periodDay(at).slice(0, 7);
  return month === (last.state === "lapsed" ? monthBefore(period) : period) ? last : null;
}

/** Whether too little is left to wait and see. */
export function isLow({ usageLevel }: Pick<MyUsage, "usageLevel">): boolean {
  return usageLevel === "critical" || usageLevel === "blocked";
}

/** Whether one asks by mail, as nothing here takes a request. */
export function asksByMail({ allowed, whyNot }: Asking): boolean {
  return !allowed && whyNot !== "pending" && whyNot !== "paused";
}

function monthBefore(period: string): string {
  const [year = 0, month = 0] = period.split("-").map(Number);
  const [y, m] = month === 1 ? [year - 1, 12] : [year, month - 1];
  return `${y}-${String(m).padStart(2, "0")}`;
}

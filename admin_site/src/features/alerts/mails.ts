import type { Model } from "@/shared/api/types";
import type { Tone } from "@/shared/ui/Badge";

type Mail = Model<"AlertMail">;

/** Classes of errors that people can do something about, by what they are called on the wire. */
const REASONS = [
  { key: "why_bounce", pattern: /^bounce/ },
  { key: "why_complaint", pattern: /^complaint/ },
  { key: "why_address", pattern: /InvalidAddress|InvalidParameter|AddressSyntax/i },
  { key: "why_sender", pattern: /MailFromDomain|SenderRefused|NotVerified|AccountSending/i },
  { key: "why_refused", pattern: /RecipientsRefused|MessageRejected|DataError/i },
  { key: "why_throttled", pattern: /Throttl|TooManyRequests|LimitExceeded/i },
  { key: "why_slow", pattern: /Time-?out|Connect|Disconnected|Endpoint|OSError|gaierror/i },
] as const;

export type Reason = (typeof REASONS)[number]["key"] | "why_code" | "why_unknown";

/** Why a mail did not go out, as a text's key; `code` fills it where it is not known. */
export function reasonOf(error: string | null): { key: Reason; code: string } {
  if (!error) return { key: "why_unknown", code: "" };
  const known = REASONS.find((one) => one.pattern.test(error));
  return { key: known?.key ?? "why_code", code: error };
}

const TONES: Record<Mail["state"], Tone> = {
  none: "neutral",
  pending: "neutral",
  sending: "info",
  sent: "ok",
  failed: "warning",
  rejected: "danger",
  suppressed: "danger",
  skipped: "neutral",
};

export function toneOf(mail: Mail): Tone {
  return TONES[mail.state];
}

/** Mails worth a line: one that nobody was to get says nothing. */
export function shownMails(mails: readonly Mail[]): Mail[] {
  return mails.filter((one) => one.state !== "none");
}

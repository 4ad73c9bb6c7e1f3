import { parseTokens } from "../tokens";

export type LimitKind = "none" | "tokens" | "auto";

/** The percent of `auto:25`; null for anything else. */
export function percentOf(limit: string | null): number | null {
  const match = /^auto:(\d+)$/.exec(limit ?? "");
  return match ? Number(match[1]) : null;
}

export function kindOf(limit: string | null): LimitKind {
  if (limit === null) return "none";
  return percentOf(limit) === null ? "tokens" : "auto";
}

/** What the API is to be told; null where the form does not say it. */
export function limitOf(kind: LimitKind, tokens: string, percent: string): string | null {
  if (kind === "none") return "none";
  if (kind === "tokens") {
    const value = parseTokens(tokens);
    return value !== null && value >= 1 && value <= 1e12 ? String(value) : null;
  }
  const value = percent.trim();
  return /^\d{1,4}$/.test(value) && Number(value) <= 1000 ? `auto:${Number(value)}` : null;
}

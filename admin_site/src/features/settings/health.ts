import { z } from "zod/mini";
import type { Locale } from "@/shared/i18n";
import REASONS from "./reasons.json";

export const PARTS = ["database", "queue", "litellm", "redis", "system"] as const;
export type Part = (typeof PARTS)[number];

const status = z.enum(["healthy", "degraded", "unhealthy"]);
export type Status = z.infer<typeof status>;

const check = z.object({
  status,
  response_time_ms: z.number(),
  reasons: z.optional(z.array(z.string())),
  detail: z.optional(z.string()),
  error: z.optional(z.string()),
  http_status: z.optional(z.number()),
  dlq: z.optional(z.number()),
  depths: z.optional(z.record(z.string(), z.number())),
  cpu_percent: z.optional(z.number()),
  memory_percent: z.optional(z.number()),
  disk_percent: z.optional(z.number()),
  programs: z.optional(z.array(z.string())),
});
export type Check = z.infer<typeof check>;

/** The answer of /health/detailed, which the OpenAPI document does not describe. */
export const healthReport = z.object({
  status,
  timestamp: z.string(),
  version: z.string(),
  checks: z.record(z.string(), check),
});
export type HealthReport = z.infer<typeof healthReport>;

/** Beside the API, not below it: `https://host/api` → `https://host/health/detailed`. */
export function besideApi(path: string, apiBaseUrl: string, pageUrl: string): string {
  return new URL(path, new URL(apiBaseUrl, pageUrl)).href;
}

type Told = { code: string; what: string; remedy: string | null };

/** Why a part is not well and what to do, in the words of the server's own list; a reason that a
 * later version adds is called by its name. */
export function told(check: Check, locale: Locale): Told[] {
  const texts: Record<string, Record<Locale, { what: string; remedy: string }>> = REASONS;
  return (check.reasons ?? []).map((code) => {
    const text = texts[code]?.[locale];
    if (!text) return { code, what: code, remedy: null };
    const names = code === "program_unsteady" ? (check.programs ?? []) : [];
    return { code, ...text, what: [text.what, ...names].join(" · ") };
  });
}

/** Messages that wait to be worked off; dead letters are counted apart. */
export function waiting(depths: Record<string, number>): number {
  return Object.entries(depths)
    .filter(([queue]) => !queue.endsWith("-dlq"))
    .reduce((sum, [, depth]) => sum + depth, 0);
}

/** Known parts in their order, the most needed first; one that a later version adds comes last. */
export function ordered(checks: HealthReport["checks"]): [name: string, check: Check][] {
  const rank = (name: string) => {
    const index = (PARTS as readonly string[]).indexOf(name);
    return index < 0 ? PARTS.length : index;
  };
  return Object.entries(checks).sort(([a], [b]) => rank(a) - rank(b));
}

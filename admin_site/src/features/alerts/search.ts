import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import type { Model } from "@/shared/api/types";
import type { ExportOrder } from "@/shared/exports/data";
import { daysOf, instantsOf, PRESETS, type Preset } from "@/shared/range/days";

export const TYPES = ["critical", "warning", "info"] as const;
/** What an alert is about. */
export const KINDS = [
  "quota",
  "ceiling",
  "person_waiting",
  "key_expiring",
  "upstream_failing",
  "books_differ",
  "model_without_price",
  "channel_paused",
  "grant_ending",
  "summary",
] as const satisfies readonly Model<"AlertKind">[];
export const STATES = ["open", "resolved", "all"] as const;
export type State = (typeof STATES)[number];
export const FALLBACK_RANGE: Preset = "any";

/** Which alerts are listed, in the address. Without a state: the open ones. */
export const alertsSearch = z.object({
  state: lenient(z.enum(STATES)),
  type: lenient(z.array(z.enum(TYPES))),
  kind: lenient(z.array(z.enum(KINDS))),
  user: lenient(z.string().check(z.minLength(1), z.maxLength(64))),
  range: lenient(z.enum(PRESETS)),
  from: lenient(z.string()),
  to: lenient(z.string()),
});

export type AlertsSearch = z.infer<typeof alertsSearch>;

export function stateOf(search: AlertsSearch): State {
  return search.state ?? "open";
}

/** The request's parameters, and those of an export. */
export function toQuery(search: AlertsSearch, today: string) {
  const state = stateOf(search);
  return {
    ...(state === "all" ? {} : { state }),
    ...(search.type?.length ? { type: search.type } : {}),
    ...(search.kind?.length ? { kind: search.kind } : {}),
    ...(search.user ? { userId: search.user } : {}),
    ...instantsOf(daysOf(search, FALLBACK_RANGE, today)),
  };
}

export type AlertQuery = ReturnType<typeof toQuery>;

/** The export of what is listed. */
export function orderOf(query: AlertQuery): ExportOrder {
  return { type: "alerts", filters: { type: [], kind: [], ...query } };
}

/**
 * What "resolve all" stands for here; null where it would resolve more than is listed, because the
 * API takes neither range nor kinds for it, or where nothing listed is open.
 */
export function resolvable(search: AlertsSearch): Model<"ResolveAll"> | null {
  const hasRange = (search.range ?? FALLBACK_RANGE) !== "any";
  if (stateOf(search) !== "open" || hasRange || search.kind?.length) return null;
  return { type: search.type ?? [], userId: search.user ?? null };
}

/** What is empty leaves the address; an open list needs no word. */
export function changed(search: AlertsSearch, change: Partial<AlertsSearch>): AlertsSearch {
  const next = { ...search, ...change };
  return withoutEmpty(next, { state: "open", range: FALLBACK_RANGE });
}

export const CLEARED = {
  kind: undefined,
  type: undefined,
  user: undefined,
  range: undefined,
  from: undefined,
  to: undefined,
} as const;

/** Whether fewer than all of a state are listed. */
export function isFiltered(search: AlertsSearch): boolean {
  return Boolean(search.type?.length || search.kind?.length || search.user || search.range);
}

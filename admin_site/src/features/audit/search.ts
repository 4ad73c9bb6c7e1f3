import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import type { ExportOrder } from "@/shared/exports/data";
import { daysOf, instantsOf, PRESETS, type Preset } from "@/shared/range/days";

export const FALLBACK_RANGE: Preset = "any";

const word = z.string().check(z.minLength(1), z.maxLength(254));

/** Which entries are listed, in the address. */
export const auditSearch = z.object({
  actor: lenient(word),
  action: lenient(word),
  targetType: lenient(word),
  targetId: lenient(word),
  range: lenient(z.enum(PRESETS)),
  from: lenient(z.string()),
  to: lenient(z.string()),
});

export type AuditSearch = z.infer<typeof auditSearch>;

/** The request's parameters; the export takes the same. */
export function toQuery(search: AuditSearch, today: string) {
  return {
    ...(search.actor ? { actor: search.actor } : {}),
    ...(search.action ? { action: search.action } : {}),
    ...(search.targetType ? { targetType: search.targetType } : {}),
    ...(search.targetId ? { targetId: search.targetId } : {}),
    ...instantsOf(daysOf(search, FALLBACK_RANGE, today)),
  };
}

export type AuditQuery = ReturnType<typeof toQuery>;

export function orderOf(query: AuditQuery): ExportOrder {
  return { type: "audit", filters: query };
}

/** What is empty leaves the address; one target goes when another type is chosen. */
export function changed(search: AuditSearch, change: Partial<AuditSearch>): AuditSearch {
  const next = {
    ...search,
    ...("targetType" in change ? { targetId: undefined } : {}),
    ...change,
  };
  return withoutEmpty(next, { range: FALLBACK_RANGE });
}

export const CLEARED = {
  actor: undefined,
  action: undefined,
  targetType: undefined,
  targetId: undefined,
  range: undefined,
  from: undefined,
  to: undefined,
} as const;

export function isFiltered(search: AuditSearch): boolean {
  return Object.keys(search).length > 0;
}

import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import { MOST_GROUPS } from "@/shared/groups/data";

export const STATUSES = ["active", "suspended", "blocked", "pending"] as const;
export const PLANS = ["trial", "basic", "pro", "enterprise"] as const;
/** `near` is not a level but all from the first warning on: who is at 80% or more. */
export const LEVELS = ["ok", "near", "warning", "critical", "blocked"] as const;
type Level = (typeof LEVELS)[number];
const NEAR = ["warning", "critical", "blocked"] as const;
export const SORTS = ["usage", "percentage", "name", "lastSeen", "created"] as const;

const GROUP = /^(none|[0-9a-f]{12})$/;

/** Who is nearest to their limit comes first. */
export const DEFAULT_SORT = { sort: "percentage", order: "desc" } as const;

/** The state of the users' table, in the address: it can be linked, reloaded and gone back to. */
export const usersSearch = z.object({
  search: lenient(z.string().check(z.maxLength(200))),
  status: lenient(z.array(z.enum(STATUSES))),
  plan: lenient(z.array(z.enum(PLANS))),
  level: lenient(z.array(z.enum(LEVELS))),
  /** Ids of groups; NO_GROUP: who has none. */
  group: lenient(z.array(z.string().check(z.regex(GROUP))).check(z.maxLength(MOST_GROUPS))),
  sort: lenient(z.enum(SORTS)),
  order: lenient(z.enum(["asc", "desc"])),
  /** Cursors of the pages up to this one; the last is this page's. */
  pages: lenient(z.array(z.string())),
});

export type UsersSearch = z.infer<typeof usersSearch>;

export const TABS = ["usage", "requests", "transactions", "months", "alerts"] as const;

/** What the page of one user shows. */
export const userSearch = z.object({
  tab: lenient(z.enum(TABS)),
  /** Only the requests that failed. */
  failed: lenient(z.boolean()),
});

export type UserSearch = z.infer<typeof userSearch>;

/** The API's levels for those of the filter. */
function levelsOf(levels: readonly Level[]): Exclude<Level, "near">[] {
  return [...new Set(levels.flatMap((one) => (one === "near" ? NEAR : one)))];
}

/** Who is looked for, as lists and exports take it. */
export function toFilters(search: UsersSearch) {
  return {
    ...(search.search ? { search: search.search } : {}),
    ...(search.status?.length ? { status: search.status } : {}),
    ...(search.plan?.length ? { plan: search.plan } : {}),
    ...(search.level?.length ? { usageLevel: levelsOf(search.level) } : {}),
    ...(search.group?.length ? { group: search.group } : {}),
  };
}

/** The request's parameters for a table's state. */
export function toQuery(search: UsersSearch, limit: number) {
  const cursor = search.pages?.at(-1);
  return {
    limit,
    sort: search.sort ?? DEFAULT_SORT.sort,
    order: search.order ?? DEFAULT_SORT.order,
    ...toFilters(search),
    ...(cursor ? { cursor } : {}),
  };
}

/** Another filter or order begins at the first page; what is empty leaves the address. */
export function changed(search: UsersSearch, change: Partial<UsersSearch>): UsersSearch {
  const next = { ...search, ...("pages" in change ? {} : { pages: undefined }), ...change };
  return withoutEmpty(next);
}

export function isFiltered(search: UsersSearch): boolean {
  return Object.keys(toFilters(search)).length > 0;
}

import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import type { ExportOrder } from "@/shared/exports/data";
import { type Days, daysOf, PRESETS, type Preset } from "@/shared/range/days";

export const GROUPS = ["user", "group", "model", "key", "day", "none"] as const;
export type Group = (typeof GROUPS)[number];
export const METRICS = ["tokens", "requests", "errors", "cost"] as const;
export type Metric = (typeof METRICS)[number];
export const SORTS = ["key", "tokens", "requests", "errors", "cost"] as const;
export type Sort = (typeof SORTS)[number];
/** Classes and the statuses that the gateway gives a meaning of its own; `0`: left by a crash. */
export const STATUSES = ["2xx", "4xx", "403", "404", "429", "5xx", "0"] as const;
export const ENDPOINTS = [
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/messages",
  "/v1/completions",
  "/v1/embeddings",
] as const;
export const MOST_USERS = 50;
export const FALLBACK_RANGE: Preset = "thisMonth";

const texts = z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.maxLength(50));

/** The state of the report, in the address. */
export const reportsSearch = z.object({
  range: lenient(z.enum(PRESETS)),
  from: lenient(z.string()),
  to: lenient(z.string()),
  group: lenient(z.enum(GROUPS)),
  metric: lenient(z.enum(METRICS)),
  users: lenient(texts),
  models: lenient(texts),
  /** Groups and keys that are asked for, by id; `group` says what a row is. */
  groups: lenient(texts),
  keys: lenient(texts),
  statuses: lenient(z.array(z.enum(STATUSES))),
  endpoints: lenient(z.array(z.enum(ENDPOINTS))),
  sort: lenient(z.enum(SORTS)),
  order: lenient(z.enum(["asc", "desc"])),
  /** Cursors of the pages up to this one; the last is this page's. */
  pages: lenient(z.array(z.string())),
});

export type ReportsSearch = z.infer<typeof reportsSearch>;

/** Filters that are looked up in every single request. */
export interface RequestFilters {
  keys?: readonly string[] | undefined;
  statuses?: readonly string[] | undefined;
  endpoints?: readonly string[] | undefined;
}

/** What a report counts, as the API takes it. */
export interface ReportFilters extends Days {
  userIds?: string[];
  models?: string[];
  groups?: string[];
  keys?: string[];
  statuses?: string[];
  endpoints?: string[];
}

/** What a bar of the chart leads to: the day, and of errors the requests that failed on it. */
export function behindBar(day: string, metric: Metric): Partial<ReportsSearch> {
  const days = { range: "own", from: day, to: day } as const;
  return metric === "errors" ? { ...days, group: "none", statuses: ["4xx", "5xx"] } : days;
}

/** A report that the person may see: managers of groups see none by key. */
export function seenBy(isManager: boolean, search: ReportsSearch): ReportsSearch {
  return isManager && search.group === "key" ? { ...search, group: undefined } : search;
}

export function groupOf(search: ReportsSearch): Group {
  return search.group ?? "user";
}

export function filtersOf(search: ReportsSearch, today: string): ReportFilters {
  const days = daysOf(search, FALLBACK_RANGE, today) ?? { from: today, to: today };
  return {
    ...days,
    ...(search.users?.length ? { userIds: search.users } : {}),
    ...(search.models?.length ? { models: search.models } : {}),
    ...(search.groups?.length ? { groups: search.groups } : {}),
    ...(search.keys?.length ? { keys: search.keys } : {}),
    ...(search.statuses?.length ? { statuses: [...search.statuses] } : {}),
    ...(search.endpoints?.length ? { endpoints: [...search.endpoints] } : {}),
  };
}

/** The table's order: days and requests begin with the newest, anything else with the most. */
export function sortingOf(search: ReportsSearch): { by: Sort; descending: boolean } {
  const group = groupOf(search);
  const usual = group === "day" || group === "none" ? "key" : "tokens";
  // Single requests come by time alone.
  const by = group === "none" ? "key" : (search.sort ?? usual);
  return { by, descending: search.order !== "asc" };
}

/** A change of anything but the page begins at the first page; what is empty leaves the address. */
export function changed(search: ReportsSearch, change: Partial<ReportsSearch>): ReportsSearch {
  const next = {
    ...search,
    ...("pages" in change || "metric" in change ? {} : { pages: undefined }),
    // Another grouping has other columns.
    ...("group" in change ? { sort: undefined, order: undefined } : {}),
    ...change,
  };
  return withoutEmpty(next);
}

export const CLEARED = {
  users: undefined,
  models: undefined,
  groups: undefined,
  keys: undefined,
  statuses: undefined,
  endpoints: undefined,
} as const;

export function isFiltered(search: ReportsSearch): boolean {
  return Boolean(
    search.users?.length ||
      search.models?.length ||
      search.groups?.length ||
      search.keys?.length ||
      search.statuses?.length ||
      search.endpoints?.length,
  );
}

const EXPORT_TYPES = {
  user: "summary_by_user",
  group: "summary_by_group",
  key: "summary_by_key",
  model: "summary_by_model",
  day: "summary_by_day",
  none: "usage",
} as const;

/** The export of what a report shows. */
export function orderOf(group: Group, filters: ReportFilters): ExportOrder {
  return {
    type: EXPORT_TYPES[group],
    filters: {
      userIds: [],
      models: [],
      groups: [],
      keys: [],
      statuses: [],
      endpoints: [],
      ...filters,
    },
  };
}

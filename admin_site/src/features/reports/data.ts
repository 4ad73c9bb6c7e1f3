import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { useMaySee } from "@/shared/hooks/session";
import {
  type Group,
  groupOf,
  type Metric,
  type ReportFilters,
  type ReportsSearch,
  sortingOf,
} from "./search";

const PAGE_ROWS = 25;
/** As many days as a report may have, and more. */
const ALL_DAYS = 500;
const MODELS = 100;
export const SHOWN_TOP = 8;
const LIVE_MILLISECONDS = 15_000;
const NAMES_MILLISECONDS = 60_000;

/** Only a range with today in it still changes. */
const live = (filters: ReportFilters, today: string) =>
  filters.to >= today ? LIVE_MILLISECONDS : false;

/** The days of a report: for the chart, and for the totals, which no other page of rows must give. */
export function useDays(filters: ReportFilters, today: string) {
  const query = { ...filters, groupBy: "day", sort: "key", limit: ALL_DAYS } as const;
  return useQuery({
    queryKey: ["reports", "days", query],
    placeholderData: keepPreviousData,
    refetchInterval: live(filters, today),
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/reports/usage", {
          params: { query: { ...query, descending: false } },
          signal,
        }),
      ),
  });
}

/** The days by model; the API counts them so for the whole company alone. */
export function useModelDays(filters: ReportFilters, today: string) {
  const { userIds, keys, statuses, endpoints } = filters;
  const isCounted = !userIds && !keys && !statuses && !endpoints;
  const query = {
    from: filters.from,
    to: filters.to,
    interval: "day",
    groupBy: "model",
    ...(filters.models ? { model: filters.models } : {}),
    ...(filters.groups ? { group: filters.groups } : {}),
  } as const;
  const answer = useQuery({
    queryKey: ["reports", "model-days", query],
    enabled: isCounted,
    placeholderData: keepPreviousData,
    refetchInterval: live(filters, today),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/stats/timeseries", { params: { query }, signal })),
  });
  return { ...answer, isCounted };
}

/** What a list of the greatest is made of. */
export const TOP = ["user", "group", "model"] as const;
export type Top = (typeof TOP)[number];

export const hasTop = (group: Group): group is Top => TOP.some((one) => one === group);

/** The greatest users, groups or models by the chart's figure. */
export function useTop(filters: ReportFilters, group: Group, metric: Metric, today: string) {
  const query = { ...filters, groupBy: group, sort: metric, limit: SHOWN_TOP } as const;
  return useQuery({
    queryKey: ["reports", "top", query],
    enabled: hasTop(group),
    placeholderData: keepPreviousData,
    refetchInterval: live(filters, today),
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/reports/usage", {
          params: { query: { ...query, descending: true } },
          signal,
        }),
      ),
  });
}

/** One page of the table. */
export function useRows(search: ReportsSearch, filters: ReportFilters, today: string) {
  const { by, descending } = sortingOf(search);
  const cursor = search.pages?.at(-1);
  const query = {
    ...filters,
    groupBy: groupOf(search),
    sort: by,
    descending,
    limit: PAGE_ROWS,
    ...(cursor ? { cursor } : {}),
  };
  return useQuery({
    queryKey: ["reports", "rows", query],
    // Rows of another grouping would stand under the wrong columns.
    placeholderData: (previous: Model<"UsageReport"> | undefined, from) =>
      isSameGroup(from?.queryKey, query.groupBy) ? previous : undefined,
    refetchInterval: live(filters, today),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/reports/usage", { params: { query }, signal })),
  });
}

function isSameGroup(key: readonly unknown[] | undefined, group: Group): boolean {
  const query = key?.[2];
  return (
    query !== null && typeof query === "object" && "groupBy" in query && query.groupBy === group
  );
}

/** The models that a range has seen, for the filter. */
export function useModelNames(days: { from: string; to: string }) {
  const query = { from: days.from, to: days.to, groupBy: "model", limit: MODELS } as const;
  return useQuery({
    queryKey: ["reports", "models", query],
    staleTime: NAMES_MILLISECONDS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/reports/usage", { params: { query }, signal })),
    select: (report) => report.items.map((row) => row.key),
  });
}

/** The groups that a range has seen, for the filter; deleted ones have their names still. */
export function useGroupNames(days: { from: string; to: string }) {
  const query = { from: days.from, to: days.to, groupBy: "group", limit: MODELS } as const;
  return useQuery({
    queryKey: ["reports", "groups", query],
    staleTime: NAMES_MILLISECONDS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/reports/usage", { params: { query }, signal })),
    select: (report) => report.items.map((row) => ({ id: row.key, name: row.groupName ?? null })),
  });
}

/** The newest keys, for the filter; not for who does not see keys. */
export function useKeyNames() {
  const query = { limit: MODELS } as const;
  const maySee = useMaySee("/keys");
  return useQuery({
    enabled: maySee,
    queryKey: ["reports", "keys", query],
    staleTime: NAMES_MILLISECONDS,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/keys", { params: { query }, signal })),
    select: (page) => page.items.map((key) => ({ id: key.id, name: key.name })),
  });
}

const TOO_LARGE = "range_too_large";

/** Whether the API has refused a range for the records that it would have to read. */
export function isTooLarge(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === TOO_LARGE) return true;
  return error.fields.some((one) => "code" in one && one.code === TOO_LARGE);
}

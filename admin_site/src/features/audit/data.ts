import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, unwrap } from "@/shared/api/client";
import type { AuditQuery } from "./search";

const PAGE_ENTRIES = 30;
const LIVE_MILLISECONDS = 10_000;
/** The log is kept for 730 days, and a call looks back 62: so many calls see it all. */
const MOST_SEARCHES = 12;
const ADMINS_MILLISECONDS = 60_000;

/**
 * Entries page after page, newest first.
 *
 * With filters a page may be empty and still have a next one: until there is something to show, the
 * next is asked for without being told to.
 */
export function useAudit(query: AuditQuery) {
  const answer = useInfiniteQuery({
    queryKey: ["audit", "list", query],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/audit", {
          params: {
            query: { ...query, limit: PAGE_ENTRIES, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    // Someone who reads further down is not to be disturbed.
    refetchInterval: (one) => (one.state.data?.pages.length === 1 ? LIVE_MILLISECONDS : false),
  });
  const { data, hasNextPage, isFetching, isError, isPlaceholderData, fetchNextPage } = answer;
  const isSearching =
    data !== undefined &&
    !isPlaceholderData &&
    hasNextPage &&
    !isError &&
    data.pages.length < MOST_SEARCHES &&
    data.pages.every((page) => page.items.length === 0);
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage();
  }, [isSearching, isFetching, fetchNextPage]);
  return { ...answer, isSearching };
}

/** Addresses of those who may have done something; without them the filter has fewer choices. */
export function useAdminAddresses(): string[] {
  const admins = useQuery({
    queryKey: ["admins", "addresses"],
    staleTime: ADMINS_MILLISECONDS,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/admins", { signal })),
    select: (answer) => answer.items.map((one) => one.email),
  });
  return admins.data ?? [];
}

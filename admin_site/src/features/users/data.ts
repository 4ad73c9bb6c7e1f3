import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { toQuery, type UsersSearch } from "./search";

const PAGE_ROWS = 50;
/** New usage is to show within five seconds. */
const LIVE_MILLISECONDS = 4_000;

/** One page of users; the old one stays, faded, while the next is on its way. */
export function useUsers(search: UsersSearch) {
  const query = toQuery(search, PAGE_ROWS);
  return useQuery({
    queryKey: ["users", query],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/users", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MILLISECONDS,
  });
}

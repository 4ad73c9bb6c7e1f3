import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";

const PAGE_ADDRESSES = 50;

/** Addresses that get no mail, page after page; a page may be short and still have a next one. */
export function useSuppressions() {
  return useInfiniteQuery({
    queryKey: ["suppressions"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api().GET("/admin/mail-suppressions", {
          params: {
            query: { limit: PAGE_ADDRESSES, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** Lets an address have mail again, here and on SES's own list. */
export function useLiftSuppression() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (email: string) =>
      unwrap(api().DELETE("/admin/mail-suppressions/{email}", { params: { path: { email } } })),
    onSettled: () => {
      for (const key of ["user", "suppressions", "audit"]) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
    },
  });
}

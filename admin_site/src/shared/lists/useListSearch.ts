import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/**
 * What a list's address says, and ways to change it.
 *
 * `steps` says which changes "back" undoes: every one, without leaving the place on the page; or
 * only the pages, so that a search is not undone letter by letter.
 */
export function useListSearch<S extends object>(
  path: "/users" | "/groups" | "/keys" | "/alerts" | "/requests" | "/audit" | "/reports",
  schema: { parse: (search: unknown) => S },
  changed: (before: S, change: Partial<S>) => S,
  steps: "all" | "pages",
) {
  // The route checks the address with the same schema; of many routes one type stands for all.
  const found = useSearch({ from: `/inside${path}` as "/inside/users" });
  const search = found as S;
  const navigate = useNavigate({ from: path });
  const update = useCallback(
    (change: Partial<S>) =>
      void navigate({
        search: ((before: S) => changed(before, change)) as never,
        ...(steps === "all" ? { resetScroll: false } : { replace: !("pages" in change) }),
      }),
    [navigate, changed, steps],
  );
  /** Puts what a saved view holds into the address. */
  const open = (view: unknown) => void navigate({ search: schema.parse(view) as never });
  return { search, update, open };
}

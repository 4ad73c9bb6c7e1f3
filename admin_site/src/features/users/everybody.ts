import { useRef, useState } from "react";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { toFilters, type UsersSearch } from "./search";

type User = Model<"UserOut">;

/** The most that the API lists at once. */
const PAGE_ROWS = 200;
/** More are not selected at once: whoever wants them narrows the list, or uses the command line. */
export const MOST_SELECTED = 20_000;

/** All users whom the filters find, page by page; `isWanted` is asked before each. */
export async function allFound(
  search: UsersSearch,
  onPage: (users: User[]) => void,
  isWanted: () => boolean,
): Promise<User[]> {
  const found: User[] = [];
  let cursor: string | null = null;
  // A stable order: by usage, people would change places while they are read.
  const query = { ...toFilters(search), sort: "created", order: "asc", limit: PAGE_ROWS } as const;
  do {
    if (!isWanted()) return found;
    const page: Model<"Page_UserOut_"> = await unwrap(
      api().GET("/admin/users", { params: { query: cursor ? { ...query, cursor } : query } }),
    );
    found.push(...page.items);
    onPage(page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && found.length < MOST_SELECTED);
  return found;
}

/** Finds everybody who matches, and tells how many so far; null: nobody is being looked for. */
export function useEverybody(
  onFound: (users: User[]) => void,
  onError: (error: Error) => void,
): { count: number | null; start: (search: UsersSearch) => void; cancel: () => void } {
  const [count, setCount] = useState<number | null>(null);
  const run = useRef(0);
  const start = (search: UsersSearch) => {
    run.current += 1;
    const own = run.current;
    const isWanted = () => run.current === own;
    setCount(0);
    allFound(
      search,
      (users) => {
        if (isWanted()) setCount((before) => (before ?? 0) + users.length);
      },
      isWanted,
    )
      .then((users) => {
        if (isWanted()) onFound(users);
      })
      .catch((error: unknown) => {
        if (isWanted() && error instanceof Error) onError(error);
      })
      .finally(() => {
        if (isWanted()) setCount(null);
      });
  };
  const cancel = () => {
    run.current += 1;
    setCount(null);
  };
  return { count, start, cancel };
}

import { useCallback, useEffect, useState } from "react";
import type { Model } from "@/shared/api/types";

type User = Model<"UserOut">;

/**
 * The users seen in the list by id, as they were last, and a way to add others: who is selected may
 * be on another page.
 */
export function useKnownUsers(
  rows: readonly User[] | undefined,
): [ReadonlyMap<string, User>, (rows: readonly User[]) => void] {
  const [known, setKnown] = useState<ReadonlyMap<string, User>>(new Map());
  const learn = useCallback(
    (users: readonly User[]) =>
      setKnown((now) => new Map([...now, ...users.map((user) => [user.id, user] as const)])),
    [],
  );
  useEffect(() => {
    if (rows) learn(rows);
  }, [rows, learn]);
  return [known, learn];
}

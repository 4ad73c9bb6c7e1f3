import { useEffect, useState } from "react";
import type { Model } from "@/shared/api/types";

type User = Model<"UserOut">;

/** The users seen in the list by id, as they were last: who is selected may be on another page. */
export function useKnownUsers(rows: readonly User[] | undefined): ReadonlyMap<string, User> {
  const [known, setKnown] = useState<ReadonlyMap<string, User>>(new Map());
  useEffect(() => {
    if (!rows) return;
    setKnown((now) => new Map([...now, ...rows.map((row) => [row.id, row] as const)]));
  }, [rows]);
  return known;
}

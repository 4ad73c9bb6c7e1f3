import { useEffect, useState } from "react";

/** What a dialog is about, kept while it fades: its words must not vanish before it. */
export function useLastShown<T>(value: T | null): T | null {
  const [last, setLast] = useState(value);
  useEffect(() => {
    if (value !== null) setLast(value);
  }, [value]);
  return value ?? last;
}

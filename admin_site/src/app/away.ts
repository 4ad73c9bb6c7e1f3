import { useSyncExternalStore } from "react";

let away = false;
const listeners = new Set<() => void>();

/** Told by the query cache after every answer, and every answer that did not come. */
export function setAway(next: boolean): void {
  if (next === away) return;
  away = next;
  for (const listener of listeners) listener();
}

/** True while the API does not answer. */
export function useAway(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => away,
  );
}

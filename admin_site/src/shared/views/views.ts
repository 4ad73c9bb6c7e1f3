import { useSyncExternalStore } from "react";
import { z } from "zod/mini";

export const MOST_VIEWS = 30;
export const MOST_LETTERS = 60;

/** A list as somebody likes to see it: what its address holds, but for the page. */
const view = z.object({
  name: z.string().check(z.minLength(1), z.maxLength(MOST_LETTERS)),
  search: z.record(z.string(), z.unknown()),
});
export type View = z.infer<typeof view>;

const NONE: readonly View[] = [];
const listeners = new Set<() => void>();
/** Of each list, the stored text and what it says: the same array while the text is the same. */
const read = new Map<string, { text: string | null; views: readonly View[] }>();

const keyOf = (list: string) => `solaris.views.${list}`;

/** The views of a list, by name; what is no view of ours counts as none. */
export function viewsOf(list: string): readonly View[] {
  let text: string | null = null;
  try {
    text = localStorage.getItem(keyOf(list));
  } catch {
    // A browser that keeps nothing has none.
  }
  const known = read.get(list);
  if (known?.text === text) return known.views;
  const views = text === null ? NONE : parsed(text);
  read.set(list, { text, views });
  return views;
}

function parsed(text: string): readonly View[] {
  try {
    const found = z.array(view).safeParse(JSON.parse(text));
    return found.success ? found.data.slice(0, MOST_VIEWS) : NONE;
  } catch {
    return NONE;
  }
}

/** Keeps a view, in the place of one of the same name; false when the browser keeps nothing. */
export function saveView(list: string, name: string, search: Record<string, unknown>): boolean {
  const { pages: _, ...kept } = search;
  const others = viewsOf(list).filter((one) => one.name !== name);
  return keep(list, [...others, { name, search: kept }]);
}

export function removeView(list: string, name: string): boolean {
  return keep(
    list,
    viewsOf(list).filter((one) => one.name !== name),
  );
}

function keep(list: string, views: readonly View[]): boolean {
  const sorted = [...views].sort((one, other) => one.name.localeCompare(other.name));
  try {
    localStorage.setItem(keyOf(list), JSON.stringify(sorted));
  } catch {
    return false;
  }
  for (const listener of listeners) listener();
  return true;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener); // another tab
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}

export function useViews(list: string): readonly View[] {
  return useSyncExternalStore(subscribe, () => viewsOf(list));
}

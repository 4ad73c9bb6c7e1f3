import { plain } from "@/shared/plain";

/** What the search over everything leads to. */
export interface Found {
  key: string;
  label: string;
  note?: string;
  to: string;
  params?: Record<string, string>;
  search?: Record<string, unknown>;
}

/** The pages whose name has every word typed, in their order; all while nothing is typed. */
export function pagesNamed<Page extends { label: string }>(
  pages: readonly Page[],
  typed: string,
): Page[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return pages.filter((page) => words.every((word) => plain(page.label).includes(word)));
}

/** The place after a press of an arrow: round the ends, and to the ends by Home and End. */
export function moved(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import { type Group, groupsNamed } from "@/shared/groups/data";
import { plain } from "@/shared/plain";

export const SORTS = ["name", "users", "usage", "limit"] as const;
export type Sort = (typeof SORTS)[number];
export const PAGE_ROWS = 50;

/** The state of the groups' table, in the address. */
export const groupsSearch = z.object({
  search: lenient(z.string().check(z.maxLength(200))),
  sort: lenient(z.enum(SORTS)),
  order: lenient(z.enum(["asc", "desc"])),
  /** Where the pages up to this one begin; the last is this page's. */
  pages: lenient(z.array(z.string())),
});

export type GroupsSearch = z.infer<typeof groupsSearch>;

/** Another search or order begins at the first page; what is empty leaves the address. */
export function changed(search: GroupsSearch, change: Partial<GroupsSearch>): GroupsSearch {
  const next = { ...search, ...("pages" in change ? {} : { pages: undefined }), ...change };
  return withoutEmpty(next);
}

const VALUE: Record<Exclude<Sort, "name">, (group: Group) => number> = {
  users: (group) => group.users,
  usage: (group) => group.usedTokens,
  // none of their own comes last, whatever the direction
  limit: (group) => group.monthlyLimit ?? -1,
};

/** One page of the groups that are looked for, in order: all of them are here already. */
export function pageOf(
  groups: readonly Group[],
  search: GroupsSearch,
): { items: Group[]; nextCursor: string | null; total: number } {
  const found = groupsNamed(groups, search.search ?? "");
  const sort = search.sort ?? "name";
  const sign = search.order === "desc" ? -1 : 1;
  const byName = (one: Group, other: Group) => plain(one.name).localeCompare(plain(other.name));
  found.sort((one, other) => {
    if (sort === "name") return sign * byName(one, other);
    const [first, second] = [VALUE[sort](one), VALUE[sort](other)];
    if (first < 0 !== second < 0) return first < 0 ? 1 : -1;
    return sign * (first - second) || byName(one, other);
  });
  const from = Math.max(0, Number.parseInt(search.pages?.at(-1) ?? "0", 10) || 0);
  const end = from + PAGE_ROWS;
  return {
    items: found.slice(from, end),
    nextCursor: end < found.length ? String(end) : null,
    total: found.length,
  };
}

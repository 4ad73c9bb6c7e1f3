import { z } from "zod/mini";

export const KINDS = ["service", "personal"] as const;
export const STATES = ["active", "expired", "revoked"] as const;

/** A wrong value in the address counts as none: an old link still opens the page. */
const lenient = <T extends z.ZodMiniType>(schema: T) => z.catch(z.optional(schema), undefined);

/** The state of the keys' table, in the address. */
export const keysSearch = z.object({
  search: lenient(z.string().check(z.maxLength(200))),
  kind: lenient(z.array(z.enum(KINDS))),
  state: lenient(z.enum(STATES)),
  /** Cursors of the pages up to this one; the last is this page's. */
  pages: lenient(z.array(z.string())),
});

export type KeysSearch = z.infer<typeof keysSearch>;

/** The request's parameters for a table's state. */
export function toQuery(search: KeysSearch, limit: number) {
  const cursor = search.pages?.at(-1);
  return {
    limit,
    ...(search.search ? { search: search.search } : {}),
    ...(search.kind?.length ? { kind: search.kind } : {}),
    ...(search.state ? { state: search.state } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

/** Another filter begins at the first page; what is empty leaves the address. */
export function changed(search: KeysSearch, change: Partial<KeysSearch>): KeysSearch {
  const next = { ...search, ...("pages" in change ? {} : { pages: undefined }), ...change };
  return Object.fromEntries(
    Object.entries(next).filter(
      ([, value]) =>
        value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
    ),
  ) as KeysSearch;
}

export function isFiltered(search: KeysSearch): boolean {
  return Boolean(search.search || search.kind?.length || search.state);
}

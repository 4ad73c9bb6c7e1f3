import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";

export const KINDS = ["service", "personal"] as const;
export const STATES = ["active", "expired", "revoked"] as const;

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
  return withoutEmpty(next);
}

export function isFiltered(search: KeysSearch): boolean {
  return Boolean(search.search || search.kind?.length || search.state);
}

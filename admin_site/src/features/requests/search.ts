import { z } from "zod/mini";
import { lenient, withoutEmpty } from "@/shared/address";
import { MOST_GROUPS } from "@/shared/groups/data";

export const STATES = ["pending", "approved", "denied", "lapsed"] as const;
export type State = (typeof STATES)[number];
/** How far back one looks: requests are kept for 400 days. */
const MONTHS = 13;

/** Which requests are listed, and the one that is looked at or decided, in the address. */
export const requestsSearch = z.object({
  state: lenient(z.enum(STATES)),
  period: lenient(z.string().check(z.regex(/^\d{4}-(0[1-9]|1[0-2])$/))),
  group: lenient(z.array(z.string()).check(z.maxLength(MOST_GROUPS))),
  user: lenient(z.string().check(z.minLength(1), z.maxLength(64))),
  request: lenient(z.string().check(z.minLength(1), z.maxLength(64))),
  decision: lenient(z.enum(["approve", "deny"])),
});

export type RequestsSearch = z.infer<typeof requestsSearch>;

export function stateOf(search: RequestsSearch): State {
  return search.state ?? "pending";
}

/** The months that requests of a state may be of, newest first; none of what waits: it is of now. */
export function monthsOf(state: State, period: string): string[] {
  if (state === "pending") return [];
  const [year = 0, month = 0] = period.split("-").map(Number);
  const back = state === "lapsed" ? 1 : 0;
  return Array.from({ length: MONTHS }, (_, n) => {
    const index = 12 * year + month - 1 - n - back;
    return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}`;
  });
}

/** The month that is listed; undefined: of what waits, there is one alone. */
export function monthOf(search: RequestsSearch, period: string): string | undefined {
  const months = monthsOf(stateOf(search), period);
  return months.find((one) => one === search.period) ?? months[0];
}

/** The request's parameters. */
export function toQuery(search: RequestsSearch, period: string) {
  const month = monthOf(search, period);
  return {
    state: stateOf(search),
    ...(month ? { period: month } : {}),
    ...(search.group?.length ? { group: search.group } : {}),
  };
}

export type RequestQuery = ReturnType<typeof toQuery>;

/** What is empty leaves the address; another state begins at its newest month. */
export function changed(search: RequestsSearch, change: Partial<RequestsSearch>): RequestsSearch {
  const next = { ...search, ...("state" in change ? { period: undefined } : {}), ...change };
  return withoutEmpty(next, { state: "pending" });
}

export const CLEARED = { group: undefined } as const;
/** Nobody's request is looked at. */
export const CLOSED = { user: undefined, request: undefined, decision: undefined } as const;

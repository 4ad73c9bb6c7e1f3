import { z } from "zod/mini";

/** A parameter of the address; a wrong value counts as none, so that an old link still opens. */
export const lenient = <T extends z.ZodMiniType>(schema: T) =>
  z.catch(z.optional(schema), undefined);

/** What says nothing leaves the address: undefined, an empty text, an empty choice, the usual. */
export function withoutEmpty<T extends object>(search: T, usual: Partial<T> = {}): T {
  return Object.fromEntries(
    Object.entries(search).filter(
      ([key, value]) =>
        value !== undefined &&
        value !== "" &&
        !(Array.isArray(value) && value.length === 0) &&
        value !== usual[key as keyof T],
    ),
  ) as T;
}

import { ApiError } from "@/shared/api/client";

export const MAX_NOTE = 500;

/** The API's fields by those of the form. */
const FIELD: Record<string, string> = { tokens: "amount" };

/** An error of the API at those of the form's fields that it names. */
export function problemsOf<Name extends string>(
  error: unknown,
  names: readonly Name[],
): [Name, string][] {
  const fields = error instanceof ApiError ? error.fields : [];
  return fields.flatMap(({ field, message }) => {
    const name = names.find((one) => one === (FIELD[field] ?? field));
    return name ? [[name, message] as [Name, string]] : [];
  });
}

/** What an error says of the whole form. */
export function messageOf(error: unknown, fallback: string): string {
  const fields = error instanceof ApiError ? error.fields.map((one) => one.message) : [];
  if (fields.length > 0) return fields.join(" ");
  const isTold = error instanceof ApiError && error.status > 0;
  return isTold && error.message ? error.message : fallback;
}

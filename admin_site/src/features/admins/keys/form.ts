import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";

/** In pairs, as the form shows them. */
export const SCOPES = [
  "users:read",
  "users:write",
  "groups:read",
  "groups:write",
  "keys:read",
  "keys:write",
  "settings:read",
  "settings:write",
  "reports:read",
  "audit:read",
] as const satisfies readonly Model<"Scope">[];

export const DAYS = ["30", "90", "180", "365"] as const;

/** Messages are keys of texts.ts. */
export const adminKeySchema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "nameNeeded"), z.maxLength(200, "nameTooLong")),
  note: z.string().check(z.trim(), z.maxLength(500, "noteTooLong")),
  scopes: z.array(z.enum(SCOPES)).check(z.minLength(1, "scopeNeeded")),
  days: z.enum(DAYS),
});
export type AdminKeyValues = z.infer<typeof adminKeySchema>;

export const NEW_ADMIN_KEY: AdminKeyValues = { name: "", note: "", scopes: [], days: "90" };

export function toCreate(values: AdminKeyValues): Model<"AdminKeyCreate"> {
  return {
    name: values.name.trim(),
    note: values.note.trim(),
    scopes: values.scopes,
    expiresInDays: Number(values.days),
  };
}

/** One more scope, or one less; in the form's order, whatever order they were chosen in. */
export function toggled(
  scopes: readonly Model<"Scope">[],
  scope: Model<"Scope">,
): Model<"Scope">[] {
  const next = new Set(scopes);
  if (!next.delete(scope)) next.add(scope);
  return SCOPES.filter((one) => next.has(one));
}

/** What people call a key: its name, or its beginning. */
export function keyName(key: Pick<Model<"AdminKeyOut">, "name" | "prefix">): string {
  return key.name || `${key.prefix}…`;
}

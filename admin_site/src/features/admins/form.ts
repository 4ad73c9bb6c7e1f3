import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";

export const ROLES = ["viewer", "auditor", "manager", "admin"] as const;

const EMAIL = /^[^\s@]+@[^\s@]+$/;
const name = z.string().check(z.trim(), z.maxLength(200, "nameTooLong"));

/** Messages are keys of texts.ts. */
export const createSchema = z.object({
  email: z.string().check(z.trim(), z.maxLength(254, "emailNeeded"), z.regex(EMAIL, "emailNeeded")),
  name,
  role: z.enum(ROLES),
});
export type CreateValues = z.infer<typeof createSchema>;

export const editSchema = z.object({ name, role: z.enum(ROLES) });
export type EditValues = z.infer<typeof editSchema>;

/** What is different only: a role that is sent again would end nobody's session, but say so. */
export function toUpdate(admin: Model<"AdminOut">, values: EditValues): Model<"AdminUpdate"> {
  const next = values.name.trim();
  return {
    ...(next === admin.name ? {} : { name: next }),
    ...(values.role === admin.role ? {} : { role: values.role }),
  };
}

/** The request that takes a change back. */
export function toUndo(
  admin: Model<"AdminOut">,
  update: Model<"AdminUpdate">,
): Model<"AdminUpdate"> {
  return {
    ...("name" in update ? { name: admin.name } : {}),
    ...("role" in update ? { role: admin.role } : {}),
  };
}

/** Addresses are compared as the server keeps them. */
export function isSame(a: string | undefined, b: string): boolean {
  return a?.trim().toLowerCase() === b.trim().toLowerCase();
}

/** How a person is called; the name may be missing. */
export function called(admin: { name: string; email: string }): string {
  return admin.name || admin.email;
}

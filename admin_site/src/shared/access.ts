import type { Model } from "@/shared/api/types";

/** The pages of those who do not see all of them, by their place in the router. */
const PAGES: Partial<Record<Model<"Role">, readonly string[]>> = {
  auditor: ["/", "/reports", "/audit", "/admins", "/account"],
  manager: ["/users", "/users/$userId", "/groups", "/reports", "/requests", "/alerts", "/account"],
};

/** Where somebody begins: on the dashboard, or on what stands first of what they see. */
export function homeOf(role: Model<"Role"> | undefined): "/" | "/users" {
  return role === "manager" ? "/users" : "/";
}

/** Whether somebody sees a page; the API refuses what is on the others. Nobody signed in: all. */
export function maySee(role: Model<"Role"> | undefined, page: string): boolean {
  const pages = role === undefined ? undefined : PAGES[role];
  return pages === undefined || pages.includes(page);
}

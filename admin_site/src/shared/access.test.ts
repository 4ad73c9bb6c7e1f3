import { describe, expect, it } from "vitest";
import { homeOf, maySee } from "./access";

describe("pages", () => {
  it("are all there for admins and viewers", () => {
    for (const role of ["admin", "viewer", undefined] as const) {
      for (const page of ["/", "/users", "/users/$userId", "/keys", "/settings"]) {
        expect(maySee(role, page)).toBe(true);
      }
    }
  });

  it("of an auditor are reports, the log, and who has which role", () => {
    const seen = ["/", "/reports", "/audit", "/admins", "/account"];
    const all = [
      ...seen,
      "/users",
      "/users/$userId",
      "/plans",
      "/requests",
      "/alerts",
      "/models",
      "/keys",
    ];
    expect([...all, "/settings"].filter((page) => maySee("auditor", page))).toEqual(seen);
  });

  it("of a manager of groups are their people and what concerns them", () => {
    const seen = [
      "/users",
      "/users/$userId",
      "/groups",
      "/reports",
      "/requests",
      "/alerts",
      "/account",
    ];
    const all = ["/", ...seen, "/plans", "/models", "/keys", "/audit", "/admins"];
    expect([...all, "/settings"].filter((page) => maySee("manager", page))).toEqual(seen);
    expect([homeOf("manager"), homeOf("auditor"), homeOf(undefined)]).toEqual(["/users", "/", "/"]);
  });
});

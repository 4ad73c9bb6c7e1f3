import { describe, expect, it } from "vitest";
import { maySee } from "./access";

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
    const all = [...seen, "/users", "/users/$userId", "/plans", "/alerts", "/models", "/keys"];
    expect([...all, "/settings"].filter((page) => maySee("auditor", page))).toEqual(seen);
  });
});

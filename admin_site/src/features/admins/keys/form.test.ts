import { describe, expect, it } from "vitest";
import openapi from "../../../../openapi.json";
import { adminKeySchema, keyName, NEW_ADMIN_KEY, SCOPES, toCreate, toggled } from "./form";

const GOOD = { ...NEW_ADMIN_KEY, name: " terraform ", scopes: ["users:read" as const] };

describe("a new admin key", () => {
  it("offers the scopes that the API has", () => {
    expect([...SCOPES].sort()).toEqual([...openapi.components.schemas.Scope.enum].sort());
  });

  it("may do nothing, for 90 days, until somebody says what", () => {
    expect(NEW_ADMIN_KEY.scopes).toEqual([]);
    expect(adminKeySchema.safeParse({ ...GOOD, scopes: [] }).success).toBe(false);
    expect(toCreate(GOOD)).toEqual({
      name: "terraform",
      note: "",
      scopes: ["users:read"],
      expiresInDays: 90,
    });
  });

  it("has a name that says whose it is", () => {
    expect(adminKeySchema.safeParse(GOOD).success).toBe(true);
    for (const name of ["", "  ", "x".repeat(201)]) {
      expect(adminKeySchema.safeParse({ ...GOOD, name }).success).toBe(false);
    }
  });

  it("ends within a year", () => {
    expect(adminKeySchema.safeParse({ ...GOOD, days: "365" }).success).toBe(true);
    expect(adminKeySchema.safeParse({ ...GOOD, days: "366" }).success).toBe(false);
  });
});

it("a scope is taken and given back, and their order is always the same", () => {
  const two = toggled(["users:write"], "users:read");
  expect(two).toEqual(["users:read", "users:write"]);
  expect(toggled(two, "users:write")).toEqual(["users:read"]);
});

it("a key without a name is called by its beginning", () => {
  expect(keyName({ name: "", prefix: "sk-solaris-admin-ab12" })).toBe("sk-solaris-admin-ab12…");
  expect(keyName({ name: "HR", prefix: "sk" })).toBe("HR");
});

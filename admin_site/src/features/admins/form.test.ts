import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { createSchema, isSame, toUndo, toUpdate } from "./form";

const ANA: Model<"AdminOut"> = {
  email: "ana@example.com",
  name: "Ana",
  role: "viewer",
  hasPassword: true,
  createdAt: "2026-11-01T12:00:00.000Z",
  updatedAt: "2026-11-01T12:00:00.000Z",
  lastLogin: null,
};

describe("somebody new", () => {
  it("needs an address, and no name", () => {
    const base = { name: "", role: "viewer" };
    expect(createSchema.safeParse({ ...base, email: "ana@localhost" }).success).toBe(true);
    expect(createSchema.safeParse({ ...base, email: "ana" }).success).toBe(false);
    expect(createSchema.safeParse({ ...base, email: "" }).success).toBe(false);
  });
});

describe("a change", () => {
  it("sends what is different only, so that a new name ends nobody's session", () => {
    expect(toUpdate(ANA, { name: " Ana ", role: "viewer" })).toEqual({});
    expect(toUpdate(ANA, { name: "Ana Lima", role: "viewer" })).toEqual({ name: "Ana Lima" });
  });

  it("knows the way back", () => {
    const update = toUpdate(ANA, { name: "", role: "admin" });
    expect(toUndo(ANA, update)).toEqual({ name: "Ana", role: "viewer" });
  });
});

describe("oneself", () => {
  it("is known however the address is written", () => {
    expect(isSame("Ana@Example.com ", ANA.email)).toBe(true);
    expect(isSame(undefined, ANA.email)).toBe(false);
  });
});

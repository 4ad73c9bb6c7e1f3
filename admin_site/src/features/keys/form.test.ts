import { describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { fieldErrors, keySchema, NEW_KEY, toCreate, toUndo, toUpdate, valuesOf } from "./form";

const KEY: Model<"KeyOut"> = {
  id: "key_2860953ed006",
  prefix: "sk-solaris-abcd",
  name: "LibreChat",
  kind: "service",
  state: "active",
  userEmail: null,
  allowedModels: ["gpt-4o"],
  rateLimitPerSecond: 0.5,
  rateLimitBurst: 3,
  createdAt: "2026-11-01T12:00:00.000Z",
  createdBy: "admin@localhost",
  expiresAt: "2027-02-01T12:00:00.000Z",
  revokedAt: null,
  lastUsedAt: null,
};
const values = valuesOf(KEY, (value) => String(value).replace(".", ","));

function wrong(change: Partial<typeof NEW_KEY>): string[] {
  const parsed = keySchema.safeParse({ ...NEW_KEY, name: "LibreChat", ...change });
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.message);
}

describe("the form of a key", () => {
  it("asks for whose a personal key is, and not for whose a service key is", () => {
    expect(wrong({})).toEqual([]);
    expect(wrong({ kind: "personal" })).toEqual(["emailNeeded"]);
    expect(wrong({ kind: "personal", userEmail: " ana@example.com " })).toEqual([]);
  });

  it("takes a rate in either way of writing, and a burst only beside one", () => {
    expect(wrong({ rate: "0,5" })).toEqual([]);
    expect(wrong({ rate: "many" })).toEqual(["rateWrong"]);
    expect(wrong({ burst: "3" })).toEqual(["burstNeedsRate"]);
    expect(wrong({ rate: "2", burst: "1.5" })).toEqual(["burstWrong"]);
  });

  it("refuses a day that is over", () => {
    expect(wrong({ expiry: "date", expiryDate: "2020-01-01" })).toEqual(["dateNeeded"]);
    expect(wrong({ expiry: "date", expiryDate: "" })).toEqual(["dateNeeded"]);
  });

  it("makes a service key nobody's even when an address was typed before", () => {
    const body = toCreate({ ...NEW_KEY, name: " x ", userEmail: "ana@example.com" });
    expect(body).toEqual({
      kind: "service",
      name: "x",
      expiresInDays: 365,
      allowedModels: null,
      rateLimitPerSecond: null,
      rateLimitBurst: null,
    });
  });
});

describe("a change of a key", () => {
  it("sends nothing when nothing is different", () => {
    expect(toUpdate(KEY, values)).toEqual({});
  });

  it("sends what is different only, and knows the way back", () => {
    const update = toUpdate(KEY, { ...values, models: [], rate: "", burst: "3" });
    expect(update).toEqual({
      allowedModels: null,
      rateLimitPerSecond: null,
      rateLimitBurst: null,
    });
    expect(toUndo(KEY, update)).toEqual({
      allowedModels: ["gpt-4o"],
      rateLimitPerSecond: 0.5,
      rateLimitBurst: 3,
    });
  });

  it("counts a preset from now", () => {
    const now = new Date("2026-11-22T10:00:00Z");
    expect(toUpdate(KEY, { ...values, expiry: "30" }, now)).toEqual({
      expiresAt: "2026-12-22T10:00:00.000Z",
    });
  });
});

describe("a refusal", () => {
  it("is shown at the input that it is about", () => {
    const error = new ApiError(422, {
      errors: [
        { field: "allowedModels.0", code: "wrong", message: "m" },
        { field: "expiresInDays", code: "wrong", message: "e" },
        { field: "somethingElse", code: "wrong", message: "?" },
      ],
    });
    expect(fieldErrors(error)).toEqual([
      { field: "models", message: "m" },
      { field: "expiry", message: "e" },
    ]);
  });
});

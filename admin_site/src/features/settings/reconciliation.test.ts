import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { placeOf, standingOf } from "./reconciliation";

const RUN: Model<"ReconciliationOut"> = {
  period: "2026-11",
  startedAt: "2026-11-01T07:10:00.000Z",
  finishedAt: "2026-11-01T07:11:30.000Z",
  users: 200,
  records: 16_000,
  inMotion: 0,
  differences: 0,
  findings: [],
};

describe("the standing of the books", () => {
  it("is known once a run has ended, and worse as soon as a difference is found", () => {
    expect(standingOf(null)).toBe("never");
    expect(standingOf(RUN)).toBe("agree");
    expect(standingOf({ ...RUN, finishedAt: null })).toBe("running");
    expect(standingOf({ ...RUN, differences: 2 })).toBe("differ");
    expect(standingOf({ ...RUN, finishedAt: null, differences: 2 })).toBe("differ");
  });
});

describe("the place of a difference", () => {
  it("is a month, a day's counter or a request", () => {
    expect(placeOf("2026-11")).toEqual({ kind: "month", period: "2026-11" });
    expect(placeOf("2026-11-22#openai/gpt#4")).toEqual({
      kind: "counter",
      day: "2026-11-22",
      model: "openai/gpt#4",
    });
    expect(placeOf("req_8f1c")).toEqual({ kind: "request", id: "req_8f1c" });
  });
});

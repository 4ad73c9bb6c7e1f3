import { expect, it } from "vitest";
import { someUser } from "../testing";
import { outlook } from "./forecast";

const forecast = {
  pacePerDay: 50_000,
  runsOutOn: null,
  monthTotal: 650_000,
  method: "mean_of_7_days",
  basedOnDays: 7,
};

it("says when a quota ends, or how far it will have been used", () => {
  const today = "2026-11-22";
  const user = someUser({ monthlyLimit: 1_000_000, additionalTokens: 300_000 });
  expect(outlook(user, forecast, today)).toEqual({ kind: "holds", percent: 50 });
  expect(outlook(user, { ...forecast, runsOutOn: "2026-11-25" }, today)).toEqual({
    kind: "runsOut",
    day: "2026-11-25",
  });
  expect(outlook(user, { ...forecast, runsOutOn: today }, today)).toEqual({ kind: "today" });
  expect(outlook(user, { ...forecast, pacePerDay: 0 }, today)).toEqual({ kind: "idle" });
  const empty = someUser({ usageLevel: "blocked" });
  expect(outlook(empty, { ...forecast, runsOutOn: today }, today)).toEqual({ kind: "exhausted" });
});

import { expect, it } from "vitest";
import { changed, monthOf, monthsOf, requestsSearch, toQuery } from "./search";

const NOW = "2026-02";

it("lists what waits, of this month, unless the address says otherwise", () => {
  expect(toQuery({}, NOW)).toEqual({ state: "pending" });
  expect(toQuery({ state: "approved" }, NOW)).toEqual({ state: "approved", period: "2026-02" });
  expect(toQuery({ state: "lapsed" }, NOW)).toEqual({ state: "lapsed", period: "2026-01" });
  expect(toQuery({ state: "denied", period: "2025-12", group: ["g"] }, NOW)).toEqual({
    state: "denied",
    period: "2025-12",
    group: ["g"],
  });
});

it("goes back over the turn of a year, as far as requests are kept", () => {
  const months = monthsOf("denied", NOW);
  expect([months[0], months[1], months[2], months.at(-1)]).toEqual([
    "2026-02",
    "2026-01",
    "2025-12",
    "2025-02",
  ]);
  expect(monthsOf("lapsed", "2026-01")[0]).toBe("2025-12");
  expect(monthOf({ state: "lapsed", period: NOW }, NOW)).toBe("2026-01");
});

it("leaves the month when another state is chosen, and nothing empty in the address", () => {
  const search = { state: "denied", period: "2025-12", group: [] } as const;
  expect(changed({ ...search, group: [] }, { state: "approved" })).toEqual({ state: "approved" });
  expect(changed({ ...search, group: [] }, { state: "pending" })).toEqual({});
  expect(changed({ state: "denied" }, { period: "2025-12" })).toEqual({
    state: "denied",
    period: "2025-12",
  });
});

it("takes no nonsense out of an address", () => {
  const found = requestsSearch.parse({ state: "x", period: "2026-13", decision: "drop", user: 7 });
  expect(Object.values(found).filter((one) => one !== undefined)).toEqual([]);
});

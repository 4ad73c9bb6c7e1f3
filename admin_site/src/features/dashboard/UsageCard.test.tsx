import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, it, vi } from "vitest";
import type { Range } from "./data";
import { UsageCard } from "./UsageCard";

const DAY = 86_400_000;
const HOUR = 3_600_000;

// Two whole days by hour, of which this is the second's afternoon.
const NOW = Date.parse("2026-11-22T15:20:00Z");
const HOURS = Array.from({ length: 48 }, (_, index) => {
  const time = new Date(Date.parse("2026-11-21T00:00:00Z") + index * HOUR).toISOString();
  return { time, day: time.slice(0, 10), byModel: { "gpt-4o": { tokens: 5, requests: 1 } } };
});
const DAYS = [0, 1].map((index) => {
  const time = new Date(Date.parse("2026-11-21T00:00:00Z") + index * DAY).toISOString();
  return { time, day: time.slice(0, 10), byModel: { "gpt-4o": { tokens: 5, requests: 1 } } };
});

vi.mock("@/shared/api/client", () => ({
  api: () => ({
    GET: async (_: string, { params }: { params: { query: { interval: string } } }) => {
      const { interval } = params.query;
      return { interval, points: interval === "hour" ? HOURS : DAYS };
    },
  }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  useNavigate: () => () => {},
  Link: ({ search, children }: { search: object; children: ReactNode }) => (
    <a href={JSON.stringify(search)}>{children}</a>
  ),
}));

it.each<[Range, number, object]>([
  ["today", NOW, { range: "own", from: "2026-11-21", to: "2026-11-22" }],
  ["today", NOW + 8 * HOUR, { range: "own", from: "2026-11-22", to: "2026-11-22" }],
  ["7", NOW, { range: "last7" }],
])("the model of a range %s leads to the report of the days shown", async (range, now, days) => {
  vi.spyOn(Date, "now").mockReturnValue(now);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <UsageCard range={range} onRange={() => {}} today="2026-11-22" />
    </QueryClientProvider>,
  );
  const link = await screen.findByRole("link", { name: "gpt-4o" });
  expect(JSON.parse(link.getAttribute("href") ?? "")).toEqual({ ...days, models: ["gpt-4o"] });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, within } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { setLocale } from "@/shared/i18n";
import { OTHERS } from "./chart";
import { SystemCards } from "./SystemCards";
import type { ReportFilters } from "./search";
import { firstByteDays, refusalDays } from "./system";

type Answer = Pick<Model<"TimeSeries">, "firstByte" | "refusals"> & { points: unknown[] };

const EMPTY: Answer = {
  points: [{ day: "2026-11-21", refusals: {} }],
  firstByte: { answers: 0, p50Ms: null, p95Ms: null },
  refusals: {},
};
const COUNTED: Answer = {
  points: [
    { day: "2026-11-20", firstByteP50Ms: 300, firstByteP95Ms: 1200, refusals: {} },
    {
      day: "2026-11-21",
      firstByteP50Ms: null,
      firstByteP95Ms: null,
      refusals: { insufficient_quota: 2, invalid_api_key: 1 },
    },
  ],
  firstByte: { answers: 9, p50Ms: 300, p95Ms: 1200 },
  refusals: { insufficient_quota: 2, invalid_api_key: 1 },
};

const served: { answer: Answer } = { answer: EMPTY };
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: async () => served.answer }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  Link: ({ children, to, search }: { children: ReactNode; to: string; search?: unknown }) => (
    <a href={`${to}?${JSON.stringify(search ?? {})}`}>{children}</a>
  ),
}));
vi.mock("@/shared/hooks/width", () => ({ useWidth: () => [() => {}, 462] }));

const onChange = vi.fn();

function show(answer: Answer, filters: Partial<ReportFilters> = {}) {
  served.answer = answer;
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <SystemCards
        filters={{ from: "2026-11-20", to: "2026-11-21", ...filters }}
        today="2026-11-22"
        onChange={onChange}
      />
    </QueryClientProvider>,
  );
}

const points = (answer: Answer) => answer.points as Model<"TimeSeries">["points"];

beforeEach(() => {
  setLocale("en");
  onChange.mockClear();
});

describe("the time to the first token", () => {
  it("is a gap on a day without streamed answers", () => {
    const chart = firstByteDays(points(COUNTED), { p50: "half", p95: "most" });
    expect(chart.points.map((one) => one.values)).toEqual([{ p95: 1200, p50: 300 }, {}]);
    expect(new Set(chart.series.map((one) => one.colour)).size).toBe(2);
  });

  it("is told in figures, as lines, and as a table that has a dash for a gap", async () => {
    show(COUNTED);
    expect(await screen.findByText(/half began within 300 ms, 95% within 1.2 s/)).toBeVisible();
    const table = screen.getByRole("table", { name: "Time to the first token" });
    const cells = within(table)
      .getAllByRole("cell")
      .map((one) => one.textContent);
    expect(cells.filter(Boolean)).toEqual(["1.2 s", "300 ms", "—", "—"]);
    expect(document.querySelectorAll("g[data-series]")).toHaveLength(2);
  });

  it("leads to the requests of a day", async () => {
    show(COUNTED);
    const chart = await screen.findByRole("img", { name: "Time to the first token" });
    fireEvent.keyDown(chart, { key: "ArrowRight" });
    fireEvent.keyDown(chart, { key: "Enter" });
    expect(onChange).toHaveBeenCalledExactlyOnceWith({
      range: "own",
      from: "2026-11-20",
      to: "2026-11-20",
      group: "none",
    });
  });
});

describe("refusals", () => {
  it("are stacked by reason, the rest as one", () => {
    const whole = Object.fromEntries("abcdefg".split("").map((name, n) => [name, 9 - n]));
    const [point] = points(COUNTED);
    if (!point) throw new Error("no point");
    const days = [{ ...point, refusals: { ...whole, other: 40 } }];
    const chart = refusalDays(days, { ...whole, other: 40 }, (name) => `(${name})`, "others");
    expect(chart.series.map((one) => one.label)).toEqual([
      ..."abcde".split("").map((name) => `(${name})`),
      "others",
    ]);
    expect(chart.points[0]?.values[OTHERS]).toBe(4 + 3 + 40);
    expect(chart.points[0]?.values.a).toBe(9);
  });

  it("name their reasons, which lead to who is meant", async () => {
    show(COUNTED);
    expect(await screen.findByText(/^3 before any model was asked/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Quota used up" })).toHaveAttribute(
      "href",
      '/users?{"level":["blocked"]}',
    );
    expect(screen.getByRole("link", { name: "Invalid key" })).toHaveAttribute("href", "/keys?{}");
  });

  it("are not shown of a model, and nothing is of one person", async () => {
    const { unmount } = show(COUNTED, { models: ["gpt-4o"] });
    expect(await screen.findByText("Time to the first token")).toBeVisible();
    expect(screen.queryByText("Refused requests")).toBeNull();
    unmount();
    const { container } = show(COUNTED, { userIds: ["u1"] });
    expect(container).toBeEmptyDOMElement();
  });
});

it("says in both languages that nothing was counted", async () => {
  const { unmount } = show(EMPTY);
  expect(await screen.findByText("No streamed answer was counted")).toBeVisible();
  expect(screen.getByText("No request was refused")).toBeVisible();
  unmount();
  setLocale("pt-BR");
  show(EMPTY);
  expect(await screen.findByText("Nenhuma resposta em streaming contada")).toBeVisible();
  expect(screen.getByText("Nenhuma requisição recusada")).toBeVisible();
});

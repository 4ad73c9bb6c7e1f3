import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { type Locale, setLocale } from "@/shared/i18n";
import { countsOf, RefusalsCard } from "./RefusalsCard";

const answer = vi.hoisted(() => vi.fn<() => Promise<unknown>>());

vi.mock("@/shared/api/client", () => ({
  ApiError: class extends Error {},
  api: () => ({ GET: () => answer() }),
  unwrap: (call: Promise<unknown>) => call,
}));

function refused(n: number): Model<"RefusedRequestOut"> {
  return {
    at: `2026-11-22T15:00:${String(59 - n).padStart(2, "0")}.000Z`,
    code: n === 0 ? "rate_limit_exceeded" : "insufficient_quota",
    model: n === 0 ? "" : `gpt-${n}`,
    keyId: "key_1",
  };
}

const FOUND: Model<"RefusedOut"> = {
  days: [
    { day: "2026-11-22", counts: { insufficient_quota: 1_200, rate_limit_exceeded: 1 } },
    { day: "2026-11-20", counts: { rate_limit_exceeded: 2 } },
  ],
  last: [0, 1, 2, 3, 4, 5, 6].map(refused),
};

function shown(found: Model<"RefusedOut">, locale: Locale = "pt-BR") {
  setLocale(locale);
  answer.mockResolvedValue(found);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <RefusalsCard userId="u-1" />
    </QueryClientProvider>,
  );
}

describe("what a person was refused", () => {
  beforeEach(() => answer.mockReset());

  it("is counted by reason, in words, the most frequent first", async () => {
    const { container } = shown(FOUND);
    expect(await screen.findByText("Recusadas")).toBeTruthy();
    expect(container.textContent).toContain("1.203 nos últimos 30 dias");
    const [first, second] = screen.getAllByRole("listitem");
    expect(first?.textContent).toBe("Cota esgotada 1.200");
    expect(second?.textContent).toBe("Requisições demais 3");
    expect(countsOf(FOUND.days)).toEqual([
      ["insufficient_quota", 1_200],
      ["rate_limit_exceeded", 3],
    ]);
  });

  it("shows the last ones with reason and model, and all of them when asked", async () => {
    shown(FOUND, "en");
    const list = within(await screen.findByRole("list", { name: "Last refused requests" }));
    expect(list.getAllByRole("listitem")).toHaveLength(5);
    expect(list.getAllByRole("listitem")[0]?.textContent).toContain("Too many requests");
    expect(list.getByText("gpt-1")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Show the last 7" }));
    expect(list.getAllByRole("listitem")).toHaveLength(7);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is no card for whoever was refused nothing", async () => {
    const { container } = shown({ days: [], last: [] });
    await vi.waitFor(() => expect(answer).toHaveBeenCalled());
    expect(container.textContent).toBe("");
  });
});

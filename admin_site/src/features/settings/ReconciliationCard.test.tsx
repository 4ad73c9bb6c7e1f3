import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { type Locale, setLocale } from "@/shared/i18n";
import { ReconciliationCard } from "./ReconciliationCard";

type Run = Model<"ReconciliationOut">;

const answer = vi.hoisted(() => vi.fn<(path: string) => Promise<unknown>>());

vi.mock("@/shared/api/client", () => ({
  api: () => ({ GET: (path: string) => answer(path) }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  Link: ({ params, children }: { params: { userId: string }; children: React.ReactNode }) => (
    <a href={`/users/${params.userId}`}>{children}</a>
  ),
}));

const RUN: Run = {
  period: "2026-11",
  startedAt: "2026-11-01T07:10:00.000Z",
  finishedAt: "2026-11-01T07:11:30.000Z",
  users: 200,
  records: 16_000,
  inMotion: 0,
  differences: 0,
  findings: [],
};
const OF_ANA: Run["findings"][number] = {
  fault: "open_month",
  userId: "u-ana",
  userEmail: "ana@example.com",
  place: "2026-11",
  figure: "current_usage",
  expected: 350,
  found: 1_350,
  recordKeys: ["k1"],
};
const OF_SYSTEM: Run["findings"][number] = {
  ...OF_ANA,
  fault: "system_counter",
  userId: null,
  userEmail: null,
  place: "2026-11-22#gpt-4o",
  figure: "moons",
};

function shown(latest: Run | null, locale: Locale = "pt-BR") {
  setLocale(locale);
  answer.mockResolvedValue({ latest });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ReconciliationCard />
    </QueryClientProvider>,
  );
}

beforeEach(() => answer.mockReset());

describe("the card of the books", () => {
  it.each([
    ["pt-BR", null, "Ainda não feita"],
    ["en", null, "Not yet run"],
    ["pt-BR", { ...RUN, finishedAt: null }, "Em andamento"],
    ["en", { ...RUN, finishedAt: null }, "Under way"],
    ["pt-BR", RUN, "Tudo confere"],
    ["en", RUN, "All agree"],
    ["pt-BR", { ...RUN, differences: 1, findings: [OF_ANA] }, "1 diferença"],
    ["en", { ...RUN, differences: 1_200, findings: [OF_ANA] }, "1,200 differences"],
  ] as const)("says in one word how they stand: %s, %#", async (locale, run, word) => {
    shown(run as Run | null, locale);
    expect(await screen.findByText(word)).toBeVisible();
    expect(answer).toHaveBeenCalledWith("/admin/reconciliation");
  });

  it("tells what was looked at, and no table where all agree", async () => {
    shown({ ...RUN, inMotion: 3 });
    expect(await screen.findByText("16.000")).toBeVisible();
    expect(screen.getByText("200")).toBeVisible();
    expect(screen.getByText("Em movimento, não comparados").nextSibling).toHaveTextContent("3");
    expect(screen.queryByRole("table")).toBeNull();
  });

  it("lists each difference: what, whose, where, and both figures", async () => {
    shown({ ...RUN, differences: 60, findings: [OF_ANA, OF_SYSTEM] });
    const [, ana, system] = await screen.findAllByRole("row");
    for (const text of ["Mês aberto", "tokens usados", "novembro de 2026", "350", "1.350"]) {
      expect(ana).toHaveTextContent(text);
    }
    expect(screen.getByRole("link", { name: "ana@example.com" })).toHaveAttribute(
      "href",
      "/users/u-ana",
    );
    for (const text of ["Contador do sistema", "moons", "22 de nov. de 2026 · gpt-4o"]) {
      expect(system).toHaveTextContent(text);
    }
    expect(screen.getByText(/Mais 58 não aparecem aqui/)).toBeVisible();
    expect(screen.getByText("solaris reconcile --repair")).toBeVisible();
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { useCanChange } from "@/shared/hooks/session";
import { type Locale, setLocale } from "@/shared/i18n";
import { toast } from "@/shared/ui/toast";
import { someDetail, someGrant } from "../testing";
import { GrantsCard } from "./GrantsCard";

const answer = vi.hoisted(() => vi.fn<(path: string, params: unknown) => Promise<unknown>>());

vi.mock("@/shared/hooks/session", () => ({ useCanChange: vi.fn() }));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", () => ({
  ApiError: class extends Error {},
  api: () => ({
    GET: (path: string, { params }: { params: unknown }) => answer(path, params),
    DELETE: (path: string, { params }: { params: unknown }) => answer(`DELETE ${path}`, params),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));

const UNTIL = someGrant({
  id: "a".repeat(32),
  kind: "until",
  tokens: 38_000,
  grantedTokens: 50_000,
  until: "2026-12-15",
});
const EVERY_MONTH = someGrant({
  id: "every-month",
  kind: "every_month",
  tokens: 300_000,
  grantedTokens: 300_000,
  actor: null,
  reason: null,
});

function shown(
  additionalTokens: number,
  items: Model<"GrantOut">[],
  fields: Partial<Model<"UserDetail">> = {},
  locale: Locale = "pt-BR",
) {
  setLocale(locale);
  const user = someDetail({ additionalTokens, ...fields });
  answer.mockImplementation(async (path) => {
    if (path.startsWith("DELETE")) return { ...user, additionalTokens: additionalTokens - 38_000 };
    return path.endsWith("/grants") ? { items } : user;
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <GrantsCard user={user} />
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  vi.mocked(useCanChange).mockReturnValue(true);
  answer.mockReset();
});

describe("what the additional tokens are made of", () => {
  it("is not asked for where there are none", () => {
    shown(0, []);
    expect(screen.queryByRole("heading")).toBeNull();
    expect(answer).not.toHaveBeenCalled();
  });

  it("is told grant by grant, with what is used, and adds up", async () => {
    shown(350_000, [UNTIL, EVERY_MONTH]);
    const rows = await screen.findAllByRole("listitem");
    expect(rows.map((row) => row.textContent?.match(/[\d.]{6,}/)?.[0])).toEqual([
      "38.000",
      "300.000",
      "12.000",
    ]);
    expect(
      screen.getByText("350.000 neste mês; o que termina primeiro é usado primeiro."),
    ).toBeVisible();
    expect(rows[0]).toHaveTextContent("Restam 38.000 de 50.000");
    expect(rows[0]).toHaveTextContent("até 15 de dez. de 2026");
    expect(rows[0]).toHaveTextContent("Por admin@example.com, em 22 de nov. de 2026");
    expect(rows[0]).toHaveTextContent("“Fechamento do ano”");
    expect(rows[1]).toHaveTextContent("quem os concedeu está em Movimentações");
    expect(rows[2]).toHaveTextContent("12.000já usados neste mês");
  });

  it("speaks English too", async () => {
    shown(38_000, [UNTIL], {}, "en");
    expect(await screen.findByRole("listitem")).toHaveTextContent("38,000 of 50,000 left");
    expect(screen.getByRole("listitem")).toHaveTextContent("until Dec 15, 2026");
    expect(screen.queryByText("already used this month")).toBeNull();
  });

  it("offers a viewer no way back", async () => {
    vi.mocked(useCanChange).mockReturnValue(false);
    shown(38_000, [UNTIL]);
    await screen.findByRole("listitem");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("offers none for who was deleted", async () => {
    shown(38_000, [UNTIL], { status: "deleted" });
    await screen.findByRole("listitem");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is voided after asking, with a reason or without", async () => {
    shown(50_000, [UNTIL]);
    const name = "Cancelar a concessão de 50.000 tokens, até 15 de dez. de 2026";
    fireEvent.click(await screen.findByRole("button", { name }));
    const dialog = screen.getByRole("dialog");
    expect(dialog).toHaveTextContent("o que já foi usado fica neste mês");
    fireEvent.change(within(dialog).getByRole("textbox"), { target: { value: "Engano" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Cancelar concessão" }));
    await waitFor(() =>
      expect(toast).toHaveBeenCalledWith("Concessão cancelada: 38.000 tokens saíram da cota.", {}),
    );
    expect(answer).toHaveBeenCalledWith("DELETE /admin/users/{user_id}/grants/{grant_id}", {
      path: { user_id: someDetail({}).id, grant_id: UNTIL.id },
      query: { reason: "Engano" },
    });
  });

  it("stays when nobody confirms", async () => {
    shown(50_000, [UNTIL]);
    fireEvent.click(await screen.findByRole("button"));
    fireEvent.click(screen.getByRole("button", { name: "Manter" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(answer.mock.calls.filter(([path]) => path.startsWith("DELETE"))).toEqual([]);
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { setLocale } from "@/shared/i18n";
import { someGrant, someUser } from "../testing";
import { TokensDialog } from "./TokensDialog";

const ask = vi.hoisted(() => vi.fn<(path: string, sent: unknown) => Promise<unknown>>());

vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: ask, POST: ask }),
  unwrap: (call: Promise<unknown>) => call,
}));

const TOKENS = "/admin/users/{user_id}/tokens";
const onClose = vi.fn();

function shown(additionalTokens = 0) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TokensDialog open user={someUser({ additionalTokens })} onClose={onClose} />
    </QueryClientProvider>,
  );
}

function typed(label: string, value: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

const radio = (name: string) => screen.getByRole<HTMLInputElement>("radio", { name });
const submit = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const sent = () => ask.mock.calls.find(([path]) => path === TOKENS)?.[1];

beforeEach(() => {
  setLocale("pt-BR");
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-22T15:00:00Z") });
  onClose.mockReset();
  ask.mockReset();
  ask.mockResolvedValue(someUser({ additionalTokens: 50_000 }));
});

describe("granting tokens", () => {
  it("is for this month alone unless somebody chooses, and says what comes after it", async () => {
    shown();
    expect(radio("Só este mês").checked).toBe(true);
    expect(screen.getByText("Em dezembro a cota volta a 1.000.000.")).toBeVisible();
    typed("Quantidade", "50 mil");
    typed("Motivo", "Fechamento");
    submit("Adicionar");
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(sent()).toMatchObject({
      body: { amount: 50_000, kind: "this_month", until: null, reason: "Fechamento" },
      headers: { "Idempotency-Key": expect.stringMatching(/./) },
    });
  });

  it("until a date needs one, from today on, and sends it", async () => {
    shown();
    fireEvent.click(radio("Até uma data"));
    const day = screen.getByLabelText("Último dia");
    expect([day.getAttribute("min"), day.getAttribute("max")]).toEqual([
      "2026-11-22",
      "2031-11-26",
    ]);
    typed("Quantidade", "50 mil");
    typed("Motivo", "Fechamento");
    submit("Adicionar");
    expect(await screen.findByText("Escolha um dia de hoje a cinco anos.")).toBeVisible();
    expect(sent()).toBeUndefined();
    typed("Último dia", "2026-12-15");
    expect(
      screen.getByText(/o que não for usado até 15 de dez. de 2026 termina ali/),
    ).toBeVisible();
    submit("Adicionar");
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(sent()).toMatchObject({ body: { kind: "until", until: "2026-12-15" } });
  });

  it("takes back of every month alone, and says so", async () => {
    ask.mockImplementation(async (path) =>
      path.endsWith("/grants")
        ? { items: [someGrant({ kind: "every_month", tokens: 300_000 })] }
        : someUser({ additionalTokens: 300_000 }),
    );
    shown(300_000);
    fireEvent.click(radio("Até acabarem"));
    typed("Quantidade", "-50 mil");
    expect(radio("Todo mês").checked).toBe(true);
    expect(radio("Só este mês").disabled).toBe(true);
    expect(await screen.findByText("Todos os meses passam a ter 1.250.000.")).toBeVisible();
    expect(screen.getByText("Um valor negativo só retira dos 300.000 de todo mês.")).toBeVisible();
    typed("Motivo", "Engano");
    submit("Retirar");
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(sent()).toMatchObject({ body: { amount: -50_000, kind: "every_month", until: null } });
  });

  it("shows the API's refusal at its field", async () => {
    const errors = [
      { field: "until", code: "grant_is_over", message: "O prazo já passou" },
      { field: "amount", code: "too_many_grants", message: "Já há 20 concessões" },
    ];
    ask.mockRejectedValue(new ApiError(422, { errors }));
    shown();
    fireEvent.click(radio("Até uma data"));
    typed("Último dia", "2026-11-22");
    typed("Quantidade", "50 mil");
    typed("Motivo", "Fechamento");
    submit("Adicionar");
    expect(await screen.findByText("O prazo já passou")).toBeVisible();
    expect(screen.getByText("Já há 20 concessões")).toBeVisible();
    expect(onClose).not.toHaveBeenCalled();
  });
});

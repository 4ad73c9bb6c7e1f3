import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { setLocale } from "@/shared/i18n";
import type { TokenRequest } from "@/shared/token-requests/data";
import { DecideDialog } from "./DecideDialog";
import { someRequest } from "./testing";

const { ask, role } = vi.hoisted(() => ({
  ask: vi.fn<(method: string, path: string, sent: unknown) => Promise<unknown>>(),
  role: { current: "admin" as string, email: "chefe@example.com" },
}));

vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/hooks/session", () => ({
  useSignedIn: () => ({ role: role.current, email: role.email }),
  useCanChange: () => role.current === "admin",
  useIsManager: () => role.current === "manager",
}));
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({
    GET: (path: string, sent: unknown) => ask("GET", path, sent),
    POST: (path: string, sent: unknown) => ask("POST", path, sent),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));

const BASE = "/admin/users/{user_id}/requests";
const onClose = vi.fn();
const onDecide = vi.fn();
let found: TokenRequest[] | ApiError = [];
let decision: unknown = null;

function shown(request: TokenRequest, which?: "approve" | "deny") {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <DecideDialog
        chosen={{ userId: request.userId, id: request.id }}
        decision={which}
        known={undefined}
        onDecide={onDecide}
        onClose={onClose}
      />
    </QueryClientProvider>,
  );
}

const typed = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const sent = () => ask.mock.calls.filter(([method]) => method === "POST");

beforeEach(() => {
  setLocale("pt-BR");
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-22T15:00:00Z") });
  Object.assign(role, { current: "admin", email: "chefe@example.com" });
  onClose.mockReset();
  onDecide.mockReset();
  decision = null;
  ask.mockReset();
  ask.mockImplementation((method, path) => {
    if (method === "POST") {
      return decision instanceof ApiError ? Promise.reject(decision) : Promise.resolve(decision);
    }
    if (path.endsWith("/grants")) {
      return Promise.resolve({ items: [{ kind: "every_month", tokens: 200_000, until: null }] });
    }
    return found instanceof ApiError ? Promise.reject(found) : Promise.resolve({ items: found });
  });
});

describe("approving", () => {
  it("says what it does, for this month and as much as was asked for, unless changed", async () => {
    const request = someRequest();
    found = [request];
    shown(request, "approve");
    expect(
      await screen.findByText(
        "Ana passa de 1.000.000 para 1.500.000 tokens em novembro. Em dezembro a cota volta a 1.000.000.",
      ),
    ).toBeVisible();
    press("Aprovar 500.000 tokens");
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(sent()).toEqual([
      [
        "POST",
        `${BASE}/{request_id}/approve`,
        {
          params: { path: { user_id: request.userId, request_id: request.id } },
          body: { tokens: 500_000, kind: "this_month", until: null, note: "" },
        },
      ],
    ]);
  });

  it("counts what the person has each month already", async () => {
    const request = someRequest({ additionalTokens: 250_000 });
    found = [request];
    shown(request, "approve");
    expect(
      await screen.findByText(/de 1\.250\.000 para 1\.750\.000.*volta a 1\.200\.000\./),
    ).toBeVisible();
  });

  it("another amount, until a day, with a word to the person", async () => {
    const request = someRequest();
    found = [request];
    shown(request, "approve");
    await screen.findByLabelText("Quantidade");
    typed("Quantidade", "0");
    press("Aprovar");
    expect(await screen.findByText(/Escreva uma quantidade/)).toBeVisible();
    typed("Quantidade", "90 mil");
    fireEvent.click(screen.getByRole("radio", { name: "Até uma data" }));
    press("Aprovar 90.000 tokens");
    expect(await screen.findByText("Escolha um dia de hoje a cinco anos.")).toBeVisible();
    expect(sent()).toEqual([]);
    typed("Último dia", "2026-12-15");
    typed(/Recado/, " Bom projeto ");
    press("Aprovar 90.000 tokens");
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(sent()[0]?.[2]).toMatchObject({
      body: { tokens: 90_000, kind: "until", until: "2026-12-15", note: "Bom projeto" },
    });
  });

  it("leaves a manager this month alone, and says their ceiling at the amount", async () => {
    role.current = "manager";
    const request = someRequest();
    found = [request];
    decision = new ApiError(422, {
      title: "x",
      errors: [{ field: "tokens", code: "managers_ceiling", message: "até 7 neste mês" }],
    });
    shown(request, "approve");
    expect(await screen.findAllByRole("radio")).toHaveLength(1);
    press("Aprovar 500.000 tokens");
    expect(await screen.findByText("até 7 neste mês")).toBeVisible();
    expect(screen.getByLabelText("Quantidade")).toBeInvalid();
    expect(onClose).not.toHaveBeenCalled();
  });

  it("that comes second says so, and shows what was decided", async () => {
    const request = someRequest();
    found = [request];
    const title = "Este pedido já foi aprovado por outra@example.com em 22/11 11:00";
    decision = new ApiError(409, { title, code: "request_decided" });
    shown(request, "approve");
    await screen.findByLabelText("Quantidade");
    found = [
      someRequest({
        state: "approved",
        how: "person",
        decidedBy: "outra@example.com",
        decidedAt: "2026-11-22T14:00:00.000Z",
        grantedTokens: 100_000,
        grantKind: "this_month",
      }),
    ];
    press("Aprovar 500.000 tokens");
    expect(await screen.findByText(/^Aprovado por outra@example.com em /)).toBeVisible();
    expect(screen.getByRole("alert")).toHaveTextContent(title);
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
    expect(onClose).not.toHaveBeenCalled();
  });

  it("keeps what was typed when nobody answers", async () => {
    const request = someRequest();
    found = [request];
    decision = new ApiError(0, {});
    shown(request, "approve");
    await screen.findByLabelText("Quantidade");
    typed("Quantidade", "70 mil");
    press("Aprovar 70.000 tokens");
    await waitFor(() =>
      expect(screen.getByRole("alert")).toHaveTextContent("A decisão não foi gravada."),
    );
    expect(screen.getByLabelText("Quantidade")).toHaveValue("70 mil");
  });
});

describe("denying", () => {
  it("says what comes of it, and sends a word along", async () => {
    const request = someRequest();
    found = [request];
    shown(request, "deny");
    expect(await screen.findByText(/só pode pedir de novo em 7 dias/)).toBeVisible();
    typed(/Recado/, "Só em dezembro");
    press("Negar");
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(sent()[0]?.slice(1)).toMatchObject([
      `${BASE}/{request_id}/deny`,
      { body: { note: "Só em dezembro" } },
    ]);
  });
});

describe("a link to a request", () => {
  it("without a decision offers both", async () => {
    const request = someRequest();
    found = [request];
    shown(request);
    fireEvent.click(await screen.findByRole("button", { name: "Aprovar" }));
    expect(onDecide).toHaveBeenCalledExactlyOnceWith("approve");
  });

  it.each<[string, Partial<TokenRequest>, string]>([
    [
      "denied",
      { state: "denied", decidedBy: "cli:root", decidedAt: "2026-11-22T14:00:00.000Z" },
      "Negado por root, na linha de comando em",
    ],
    ["lapsed", { state: "lapsed", period: "2026-10" }, "ninguém decidiu até o fim de outubro"],
    [
      "met otherwise",
      { state: "approved", how: "raise", decidedBy: "system", decidedAt: "2026-11-22T14:00:00Z" },
      "a cota da pessoa foi aumentada por outro caminho",
    ],
  ])("that is %s says so", async (_name, part, said) => {
    const request = someRequest(part);
    found = [request];
    shown(request, "approve");
    expect(await screen.findByText(new RegExp(said))).toBeVisible();
    expect(screen.queryByRole("button", { name: /Aprovar/ })).toBeNull();
  });

  it("of somebody else's member is not found, in words", async () => {
    role.current = "manager";
    found = new ApiError(404, { title: "x" });
    shown(someRequest(), "approve");
    expect(await screen.findByText(/de alguém que você não administra/)).toBeVisible();
  });

  it("that is gone is not found", async () => {
    found = [someRequest({ id: "20261101T130000000Z-1f9a0c3b" })];
    shown(someRequest(), "deny");
    expect(await screen.findByRole("dialog", { name: "Pedido não encontrado" })).toBeVisible();
  });

  it.each([
    ["viewer", "leitura@example.com", "Quem decide são os gestores"],
    ["manager", "ana@example.com", "Ninguém decide o próprio pedido"],
  ])("shows a %s who decides, and no form", async (who, email, said) => {
    Object.assign(role, { current: who, email });
    const request = someRequest();
    found = [request];
    shown(request, "approve");
    expect(await screen.findByText(new RegExp(said))).toBeVisible();
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
  });
});

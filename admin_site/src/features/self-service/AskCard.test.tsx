import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setPeriodZone } from "@/shared/format";
import { setLocale } from "@/shared/i18n";
import { AskCard } from "./AskCard";
import type { Asking, OwnRequest } from "./asking";
import { asksByMail, known, newsOf } from "./asking";
import type { MyUsage } from "./data";
import { someRequest, USAGE } from "./testing";

vi.mock("@/shared/api/config", () => ({ siteConfig: () => ({ apiBaseUrl: "/api" }) }));

const TOKEN = "aB-_".repeat(12);
const answers = vi.fn<typeof fetch>();
const onAnswer = vi.fn();

const may = (part: Partial<Asking> = {}): Asking => ({ ...USAGE.asking, ...part });
const card = (part: Partial<MyUsage>) => (
  <AskCard usage={{ ...USAGE, ...part }} token={TOKEN} onAnswer={onAnswer} />
);
const shown = (part: Partial<MyUsage> = {}) => render(card(part));
const low = { usageLevel: "critical" } as const;
const typed = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const status = () => screen.getByRole("status");
const answer = (code: number, body: unknown) =>
  answers.mockResolvedValue(new Response(JSON.stringify(body), { status: code }));

beforeEach(() => {
  setLocale("pt-BR");
  setPeriodZone("America/Sao_Paulo");
  answers.mockReset();
  onAnswer.mockReset();
  vi.stubGlobal("fetch", answers);
});
afterEach(() => vi.unstubAllGlobals());

function filled() {
  typed("Quantidade", "300 mil");
  typed("Motivo", "  Fechamento ");
  press("Enviar pedido");
}

describe("asking for tokens", () => {
  it("is a button while enough is left, and a form at once where it is not", () => {
    const { unmount } = shown();
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
    press("Pedir tokens");
    expect(screen.getByRole("button", { name: "100.000" })).toHaveFocus();
    press("Agora não");
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
    unmount();
    shown(low);
    expect(screen.getByLabelText("Quantidade")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Agora não" })).toBeNull();
    expect(document.body).toHaveFocus();
  });

  it("takes a suggestion, and sends it with the link's token and this browser's name", async () => {
    shown(low);
    press("250.000");
    expect(screen.getByLabelText("Quantidade")).toHaveValue("250.000");
    expect(screen.getByRole("button", { name: "250.000" })).toHaveAttribute("aria-pressed", "true");
    typed("Motivo", "Fechamento");
    answer(201, someRequest());
    press("Enviar pedido");
    await waitFor(() => expect(onAnswer).toHaveBeenCalledOnce());
    const [url, sent] = answers.mock.calls[0] ?? [];
    expect(url).toBe("/api/me/requests");
    expect(JSON.parse(String(sent?.body))).toEqual({ tokens: 250_000, reason: "Fechamento" });
    expect(new Headers(sent?.headers).get("Authorization")).toMatch(
      new RegExp(`^Bearer ${TOKEN}\\.[\\w-]{22,64}$`),
    );
  });

  it("says what is missing, at its field, and sends nothing", () => {
    shown(low);
    press("Enviar pedido");
    expect(screen.getByText("Escreva uma quantidade de tokens, como 300 mil.")).toBeVisible();
    expect(screen.getByLabelText("Quantidade")).toHaveFocus();
    typed("Quantidade", "-5");
    expect(screen.getByLabelText("Quantidade")).toBeInvalid();
    typed("Quantidade", "300 mil");
    typed("Motivo", "   ");
    press("Enviar pedido");
    expect(screen.getByText("Conte para que são.")).toBeVisible();
    expect(screen.getByLabelText("Motivo")).toHaveFocus();
    expect(answers).not.toHaveBeenCalled();
  });

  it("shows what became of it at once, whatever older figures say", async () => {
    const { rerender } = shown(low);
    answer(201, someRequest({ tokens: 300_000 }));
    filled();
    await waitFor(() => expect(status()).toHaveFocus());
    expect(status()).toHaveTextContent("Seu pedido de 300.000 tokens está em análise");
    expect(status()).toHaveTextContent("vence no fim de novembro");
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
    rerender(card({ ...low, asking: may() }));
    expect(status()).toHaveTextContent("está em análise");
    const denied = someRequest({ state: "denied", decidedAt: "2026-11-22T14:00:00.000Z" });
    rerender(card({ ...low, asking: may({ allowed: false, whyNot: "paused", last: denied }) }));
    expect(status()).toHaveTextContent("foi negado");
  });

  it.each<[number, { title: string; code?: string; errors?: { message: string }[] }]>([
    [409, { code: "request_pending", title: "Já há um pedido seu em análise" }],
    [422, { title: "x", errors: [{ message: "Fale com eles" }] }],
    [429, { title: "Muitas requisições. Tente novamente em 3 s." }],
  ])("says a refusal of %i in the API's words and keeps what was typed", async (code, body) => {
    shown(low);
    answer(code, body);
    filled();
    const said = body.errors?.[0]?.message ?? body.title;
    await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent(said));
    expect(screen.getByLabelText("Quantidade")).toHaveValue("300 mil");
    expect(screen.getByLabelText("Motivo")).toHaveValue("  Fechamento ");
    expect(onAnswer).toHaveBeenCalledOnce();
  });

  it("says that nobody answers, and sends again what is still there", async () => {
    shown(low);
    answers.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    filled();
    await waitFor(() =>
      expect(screen.getByRole("alert")).toHaveTextContent("O que você escreveu continua aqui"),
    );
    answer(201, someRequest({ tokens: 300_000 }));
    await act(async () => press("Enviar pedido"));
    await waitFor(() => expect(status()).toHaveTextContent("300.000 tokens está em análise"));
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
  });

  it("takes one press while an answer is on its way", () => {
    shown(low);
    answers.mockReturnValue(new Promise(() => undefined));
    filled();
    expect(screen.getByRole("button", { name: "Enviar pedido" })).toBeDisabled();
    const form = screen.getByLabelText("Motivo").closest("form");
    if (form) fireEvent.submit(form);
    expect(answers).toHaveBeenCalledOnce();
  });

  it.each(["off", "not_active", "not_limited"] as const)("is not there where it is %s", (why) => {
    const { container } = shown({ ...low, asking: may({ allowed: false, whyNot: why }) });
    expect(container).toBeEmptyDOMElement();
  });
});

const DECIDED = { decidedAt: "2026-11-22T14:00:00.000Z" } as const;
const GRANTED = { state: "approved", grantedTokens: 250_000, grantKind: "this_month" } as const;

describe("what became of a request", () => {
  it.each<[string, Partial<OwnRequest>, string[]]>([
    ["granted", { ...GRANTED, how: "person" }, ["250.000 tokens concedidos, só este mês"]],
    [
      "granted otherwise",
      {
        ...GRANTED,
        how: "person",
        grantedTokens: 90_000,
        grantKind: "until",
        until: "2026-12-15",
        note: "Bom uso",
      },
      [
        "90.000 tokens concedidos, até 15 de dez. de 2026",
        "Você tinha pedido 250.000.",
        "Recado: Bom uso",
      ],
    ],
    ["by the policy", { ...GRANTED, how: "policy" }, ["250.000 tokens concedidos na hora"]],
    ["by a raise", { state: "approved", how: "raise" }, ["250.000 tokens foi atendido"]],
  ])("is told: %s", (_name, part, said) => {
    shown({ asking: may({ last: someRequest({ ...DECIDED, ...part }) }) });
    for (const one of said) expect(status()).toHaveTextContent(one);
    expect(screen.getByRole("button", { name: "Pedir tokens" })).toBeVisible();
  });

  it("is a no with its note, and from when one may ask again", () => {
    const last = someRequest({ ...DECIDED, state: "denied", note: "Só em dezembro" });
    const notBefore = "2026-11-29T14:00:00.000Z";
    shown({ ...low, asking: may({ allowed: false, whyNot: "paused", notBefore, last }) });
    expect(status()).toHaveTextContent("Recado: Só em dezembro");
    expect(status()).toHaveTextContent("Você pode pedir de novo a partir de 29 de nov. de 2026");
    expect(screen.queryByLabelText("Quantidade")).toBeNull();
  });

  it("is told in English, too", () => {
    setLocale("en");
    shown({ asking: may({ last: someRequest({ ...DECIDED, ...GRANTED, how: "policy" }) }) });
    expect(status()).toHaveTextContent("250,000 tokens granted at once, this month only");
  });

  it("lapsed is news in the month after it, decided in its month", () => {
    const lapsed = someRequest({ state: "lapsed" });
    expect(newsOf(may({ last: lapsed }), "2026-12")).toBe(lapsed);
    expect(newsOf(may({ last: lapsed }), "2027-01")).toBeNull();
    const decided = someRequest({ ...DECIDED, ...GRANTED, how: "person" });
    expect(newsOf(may({ last: decided }), "2026-11")).toBe(decided);
    expect(newsOf(may({ last: decided }), "2026-12")).toBeNull();
    const denied = someRequest({ ...DECIDED, state: "denied" });
    expect(newsOf(may({ allowed: false, whyNot: "paused", last: denied }), "2026-12")).toBe(denied);
    // the last moment of a month of the periods' zone
    const late = someRequest({ state: "lapsed", createdAt: "2027-01-01T02:59:00.000Z" });
    expect(newsOf(may({ last: late }), "2027-01")).toBe(late);
  });

  it("is what was sent until the figures know of it", () => {
    const sent = someRequest();
    expect(known(may(), sent)).toMatchObject({ allowed: false, whyNot: "pending", last: sent });
    const told = may({ allowed: true, last: { ...sent, ...GRANTED } });
    expect(known(told, sent)).toBe(told);
    const granted = someRequest({ ...GRANTED, how: "policy" });
    expect(known(may(), granted)).toMatchObject({ allowed: true, whyNot: null, last: granted });
  });
});

it("one asks by mail only where nothing here takes a request", () => {
  expect(asksByMail(may())).toBe(false);
  const why = (whyNot: Asking["whyNot"]) => asksByMail(may({ allowed: false, whyNot }));
  expect([why("pending"), why("paused"), why("off"), why("not_active")]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

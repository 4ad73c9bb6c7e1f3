import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { setLocale } from "@/shared/i18n";
import type { Policy } from "./data";
import { PolicyDialog } from "./PolicyDialog";

const { put, get } = vi.hoisted(() => ({
  put: vi.fn<(path: string, sent: { body: unknown }) => Promise<unknown>>(),
  get: vi.fn<() => Promise<unknown>>(),
}));

vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: get, PUT: put }),
  unwrap: (call: Promise<unknown>) => call,
}));

const POLICY: Policy = {
  isOn: true,
  automaticTokens: 0,
  version: 3,
  changedAt: null,
  changedBy: null,
};
const TOKENS = "Tokens concedidos na hora, por pessoa e mês";
const onClose = vi.fn();

beforeEach(() => {
  setLocale("pt-BR");
  onClose.mockReset();
  put.mockReset();
  get.mockReset();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PolicyDialog open policy={POLICY} onClose={onClose} />
    </QueryClientProvider>,
  );
});

const typed = (value: string) =>
  fireEvent.change(screen.getByLabelText(TOKENS), { target: { value } });
const save = () => fireEvent.click(screen.getByRole("button", { name: "Salvar" }));

it("says in words what is about to hold, and saves it with its version", async () => {
  expect(screen.getByText("Nada é concedido sem uma decisão.")).toBeVisible();
  typed("100 mil");
  expect(screen.getByText(/Até 100\.000 tokens por pessoa e mês/)).toBeVisible();
  put.mockResolvedValue({ ...POLICY, automaticTokens: 100_000, version: 4 });
  save();
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(put.mock.calls[0]?.[1].body).toEqual({
    isOn: true,
    automaticTokens: 100_000,
    version: 3,
    reason: "",
  });
});

it("says that nothing is taken any more, and needs no amount then", () => {
  fireEvent.click(screen.getByLabelText(/Receber pedidos/));
  expect(screen.getByText(/Pedidos não são recebidos/)).toBeVisible();
  expect(screen.getByLabelText(TOKENS)).toBeDisabled();
});

it("takes no amount that is none", () => {
  typed("muito");
  expect(screen.getByText("Escreva uma quantidade de tokens, ou 0.")).toBeVisible();
  typed("-5");
  save();
  expect(put).not.toHaveBeenCalled();
});

it("shows what somebody else has made of it meanwhile, and saves over it when asked again", async () => {
  typed("100 mil");
  put.mockRejectedValueOnce(new ApiError(409, { title: "x" }));
  get.mockResolvedValue({ ...POLICY, isOn: false, version: 4 });
  save();
  const alert = await screen.findByText(/Outra pessoa mudou isto/);
  expect(alert.closest("[role=alert]")).toHaveTextContent("Pedidos não são recebidos");
  expect(screen.getByLabelText(TOKENS)).toHaveValue("100 mil");
  put.mockResolvedValue({ ...POLICY, automaticTokens: 100_000, version: 5 });
  save();
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(put.mock.calls[1]?.[1].body).toMatchObject({ version: 4, automaticTokens: 100_000 });
});

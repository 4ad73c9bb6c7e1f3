import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { setLocale } from "@/shared/i18n";
import { toastError } from "@/shared/ui/toast";
import { someUser } from "../testing";
import { ChangeInPlace } from "./ChangeInPlace";

const ask = vi.hoisted(() => vi.fn<(path: string, sent: unknown) => Promise<unknown>>());

vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: ask, POST: ask, PUT: ask }),
  unwrap: (call: Promise<unknown>) => call,
}));

const onClose = vi.fn();

function shown(what: "tokens" | "limit") {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <ChangeInPlace userId="u1" what={what} onClose={onClose} />
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  setLocale("pt-BR");
  onClose.mockReset();
  ask.mockReset();
  ask.mockResolvedValue(someUser({}));
});

it("grants tokens without leaving the page", async () => {
  shown("tokens");
  fireEvent.change(await screen.findByLabelText("Quantidade"), { target: { value: "50 mil" } });
  fireEvent.change(screen.getByLabelText("Motivo"), { target: { value: "Fechamento" } });
  fireEvent.click(screen.getByRole("button", { name: "Adicionar" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  const sent = ask.mock.calls.find(([path]) => path === "/admin/users/{user_id}/tokens");
  expect(sent?.[1]).toMatchObject({ body: { amount: 50_000, reason: "Fechamento" } });
});

it("opens the user's terms for another limit", async () => {
  shown("limit");
  expect(await screen.findByLabelText("Limite mensal")).toBeVisible();
});

it("says so and closes where the user cannot be read", async () => {
  ask.mockRejectedValue(new ApiError(404, { title: "Não existe" }));
  shown("tokens");
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(toastError).toHaveBeenCalled();
});

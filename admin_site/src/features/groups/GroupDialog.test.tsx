import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { setLocale } from "@/shared/i18n";
import { DeleteDialog } from "./DeleteDialog";
import { GroupDialog } from "./GroupDialog";
import { someGroup } from "./testing";

const asked: { method: string; path: string; body: unknown; query: unknown }[] = [];
let refusal: { status: number; problem: object } | null = null;
const PREVIEW = { users: 3, changed: 2, usersWithOwnLimit: 1, usedUp: 1, blocked: 1, served: 0 };

vi.mock("@/shared/api/client", async (original) => {
  const real = await original<typeof import("@/shared/api/client")>();
  const call = (method: string) => (path: string, options?: Record<string, never>) => {
    const { body, params } = (options ?? {}) as { body?: unknown; params?: { query?: unknown } };
    if (method !== "GET") asked.push({ method, path, body, query: params?.query });
    if (refusal && method !== "GET" && !path.endsWith("preview")) {
      return Promise.reject(new real.ApiError(refusal.status, refusal.problem));
    }
    return Promise.resolve(path.endsWith("preview") ? PREVIEW : { ...someGroup({}), byModel: [] });
  };
  return {
    ...real,
    unwrap: (answer: Promise<unknown>) => answer,
    api: () => ({
      GET: call("GET"),
      POST: call("POST"),
      PUT: call("PUT"),
      DELETE: call("DELETE"),
    }),
  };
});

const onClose = vi.fn();
const shown = (node: React.ReactNode) =>
  render(<QueryClientProvider client={new QueryClient()}>{node}</QueryClientProvider>);
const type = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const written = () => asked.filter((one) => !one.path.endsWith("preview"));

beforeEach(() => {
  asked.length = 0;
  refusal = null;
  onClose.mockClear();
  setLocale("pt-BR");
});

it("makes a group of what is stated, once it has a name", async () => {
  shown(<GroupDialog about="new" onClose={onClose} />);
  press("Criar grupo");
  expect(screen.getByText("Dê um nome ao grupo")).toBeVisible();
  expect(written()).toEqual([]);
  type("Nome", "Ensino");
  type("Limite mensal", "500 mil");
  press("Criar grupo");
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(written()).toEqual([
    {
      method: "POST",
      path: "/admin/groups",
      body: { name: "Ensino", monthlyLimit: 500_000, reason: "" },
      query: undefined,
    },
  ]);
});

it("says whom a change reaches before it is saved, and names the version", async () => {
  shown(<GroupDialog about={someGroup({ version: 7, users: 3 })} onClose={onClose} />);
  expect(screen.getByText("Nada para os membros.")).toBeVisible();
  type("Limite mensal", "1.000");
  expect(await screen.findByText("muda 2 de 3 membros")).toBeVisible();
  expect(screen.getByText("1 ficaria com a cota esgotada")).toBeVisible();
  expect(screen.getByText("1 seria recusada")).toBeVisible();
  press("Salvar");
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(written()[0]?.body).toEqual({ monthlyLimit: 1_000, version: 7, reason: "" });
});

it("lands a refusal at its field, and keeps what was typed on a conflict", async () => {
  refusal = {
    status: 422,
    problem: { errors: [{ field: "managers.0", code: "not_an_email", message: "Não é e-mail" }] },
  };
  const { unmount } = shown(<GroupDialog about={someGroup({})} onClose={onClose} />);
  type("Nome", "Outro");
  press("Salvar");
  expect(await screen.findByText("Não é e-mail")).toBeVisible();
  unmount();
  refusal = { status: 409, problem: { detail: "conflict" } };
  shown(<GroupDialog about={someGroup({})} onClose={onClose} />);
  type("Nome", "Outro");
  press("Salvar");
  expect(await screen.findByRole("alert")).toHaveTextContent("Outra pessoa alterou o grupo");
  expect(screen.getByLabelText("Nome")).toHaveValue("Outro");
  expect(onClose).not.toHaveBeenCalled();
});

it("lets members go only where there are some, and says so", async () => {
  const { unmount } = shown(<DeleteDialog group={someGroup({ users: 2 })} onClose={onClose} />);
  expect(screen.getByText(/2 pessoas saem do grupo/)).toBeVisible();
  press("Excluir e liberar 2 pessoas");
  await waitFor(() => expect(written()[0]?.query).toEqual({ members: "release" }));
  unmount();
  asked.length = 0;
  shown(<DeleteDialog group={someGroup({ users: 0 })} onClose={onClose} />);
  press("Excluir grupo");
  await waitFor(() => expect(written()[0]?.query).toEqual({}));
});

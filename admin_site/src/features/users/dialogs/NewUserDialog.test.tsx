import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Group } from "@/shared/groups/data";
import { setLocale } from "@/shared/i18n";
import { someGroup } from "../../groups/testing";
import { someDetail, someUser } from "../testing";
import { NewUserDialog } from "./NewUserDialog";

const sent = vi.hoisted(() => vi.fn<(body: unknown) => void>());
const QUOTA = {
  minUserLimit: 100_000,
  maxUserLimit: 10_000_000,
  plans: [
    { plan: "basic", monthlyLimit: 1_000_000 },
    { plan: "pro", monthlyLimit: 5_000_000 },
  ],
};
let groups: Group[] = [];

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => vi.fn() }));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  unwrap: (call: Promise<unknown>) => call,
  api: () => ({
    GET: (path: string) =>
      Promise.resolve(path === "/admin/groups" ? { items: groups } : { quota: QUOTA }),
    POST: (_: string, { body }: { body: unknown }) => {
      sent(body);
      return Promise.resolve(someUser({}));
    },
  }),
}));

const onClose = vi.fn();
let queries = new QueryClient();

async function shown() {
  render(
    <QueryClientProvider client={queries}>
      <NewUserDialog open onClose={onClose} />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByLabelText("E-mail"), { target: { value: "ana@example.com" } });
  await screen.findByText(/De 100.000 a 10.000.000 tokens/);
}

async function inGroup(name: string) {
  fireEvent.click(await screen.findByRole("button", { name: /^Grupo/ }));
  fireEvent.click(await screen.findByRole("radio", { name: new RegExp(name) }));
  await waitFor(() => expect(screen.queryByRole("radio")).toBeNull());
}

async function created() {
  fireEvent.click(screen.getByRole("button", { name: "Criar usuário" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  return sent.mock.calls[0]?.[0];
}

const plan = () => screen.getByRole("combobox", { name: "Plano" });

beforeEach(() => {
  setLocale("pt-BR");
  groups = [];
  queries = new QueryClient();
  onClose.mockReset();
  sent.mockReset();
});

describe("a new user", () => {
  it("is asked for no group where there are none", async () => {
    await shown();
    expect(screen.queryByText("Grupo")).toBeNull();
    expect(plan()).toHaveTextContent("Básico");
    expect(await created()).toEqual({
      email: "ana@example.com",
      name: "",
      plan: null,
      groupId: null,
      monthlyLimit: null,
    });
  });

  it("is left to their page with all that it draws", async () => {
    await shown();
    await created();
    expect(queries.getQueryData(["user", someUser({}).id])).toEqual(someDetail({}));
  });

  it("may be in a group, whose plan and limit are shown and left to it", async () => {
    groups = [someGroup({ name: "Vendas", plan: "pro", monthlyLimit: 300_000 })];
    await shown();
    expect(screen.getByRole("button", { name: /^Grupo/ })).toHaveTextContent("Sem grupo");
    await inGroup("Vendas");
    expect(screen.getByRole("button", { name: /^Grupo/ })).toHaveTextContent("Vendas");
    expect(plan()).toHaveTextContent("Do grupo: Pro");
    expect(screen.getByText(/vale o limite do grupo: 300.000 tokens/)).toBeVisible();
    expect(await created()).toMatchObject({
      groupId: "0123456789ab",
      plan: null,
      monthlyLimit: null,
    });
  });

  it("has a plan of their own where one is chosen against the group's", async () => {
    groups = [someGroup({ name: "Vendas", plan: "pro" })];
    await shown();
    await inGroup("Vendas");
    expect(screen.getByText(/vale o limite do plano: 5.000.000 tokens/)).toBeVisible();
    fireEvent.click(plan());
    const basic = await screen.findByRole("option", { name: /Básico/ });
    fireEvent.mouseMove(basic);
    fireEvent.pointerDown(basic);
    fireEvent.click(basic);
    await waitFor(() => expect(plan()).toHaveTextContent(/^Básico/));
    expect(screen.getByText(/vale o limite do plano: 1.000.000 tokens/)).toBeVisible();
    expect(await created()).toMatchObject({ groupId: "0123456789ab", plan: "basic" });
  });
});

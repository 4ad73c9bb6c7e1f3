import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { Finder } from "./Finder";

const { navigate, answers } = vi.hoisted(() => ({
  navigate: vi.fn(),
  answers: new Map<string, (items: unknown[]) => void>(),
}));

vi.mock("@/shared/api/client", () => ({
  api: () => ({
    GET: (path: string) =>
      new Promise((resolve) => answers.set(path, (items) => resolve({ items }))),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  useNavigate: () => navigate,
  Link: () => null,
  Outlet: () => null,
}));

const option = (name: string) => screen.findByRole("option", { name: new RegExp(name) });

it("keeps what is chosen when people arrive above it, and opens that", async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Finder open onClose={() => {}} />
    </QueryClientProvider>,
  );
  const box = screen.getByRole("combobox");
  fireEvent.change(box, { target: { value: "zz" } });
  await vi.waitFor(() => expect(answers.size).toBe(2), { timeout: 60_000 });
  await act(async () =>
    answers.get("/admin/keys")?.([
      { id: "k-1", name: "first zz", prefix: "sol_1" },
      { id: "k-2", name: "second zz", prefix: "sol_2" },
    ]),
  );
  expect(await option("first zz")).toHaveAttribute("aria-selected", "true");
  fireEvent.keyDown(box, { key: "ArrowDown" });
  await act(async () =>
    answers.get("/admin/users")?.([{ id: "u-1", name: "Zz Top", email: "zz@example.com" }]),
  );
  expect(await option("Zz Top")).toHaveAttribute("aria-selected", "false");
  expect(await option("second zz")).toHaveAttribute("aria-selected", "true");
  fireEvent.keyDown(box, { key: "Enter" });
  expect(navigate).toHaveBeenCalledExactlyOnceWith({ to: "/keys", search: { search: "sol_2" } });
});

it("begins at the first again when something else is typed", async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Finder open onClose={() => {}} />
    </QueryClientProvider>,
  );
  const box = screen.getByRole("combobox");
  fireEvent.keyDown(box, { key: "End" });
  expect(screen.getAllByRole("option").at(-1)).toHaveAttribute("aria-selected", "true");
  fireEvent.change(box, { target: { value: " " } });
  expect(screen.getAllByRole("option")[0]).toHaveAttribute("aria-selected", "true");
});

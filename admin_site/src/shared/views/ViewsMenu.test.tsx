import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { ViewsMenu } from "./ViewsMenu";
import { MOST_VIEWS, removeView, saveView, viewsOf } from "./views";

beforeEach(() => localStorage.clear());

it("keeps what the address holds, but for the page, by name", () => {
  saveView("users", "Perto do limite", { level: ["near"], sort: "usage", pages: ["abc"] });
  saveView("users", "Ana", { search: "ana" });
  expect(viewsOf("users")).toEqual([
    { name: "Ana", search: { search: "ana" } },
    { name: "Perto do limite", search: { level: ["near"], sort: "usage" } },
  ]);
  saveView("users", "Ana", { search: "ana lima" });
  expect(viewsOf("users")).toHaveLength(2);
  expect(viewsOf("users")[0]?.search).toEqual({ search: "ana lima" });
  expect(viewsOf("reports")).toEqual([]);
  removeView("users", "Ana");
  expect(viewsOf("users").map((one) => one.name)).toEqual(["Perto do limite"]);
});

it.each(["not json", '{"name":"x"}', '[{"name":"","search":{}}]', '[{"name":"x","search":7}]'])(
  "takes %s for no views",
  (text) => {
    localStorage.setItem("solaris.views.users", text);
    expect(viewsOf("users")).toEqual([]);
  },
);

it("saves, opens and deletes", async () => {
  const onOpen = vi.fn();
  render(<ViewsMenu list="users" search={{ level: ["near"] }} onOpen={onOpen} />);
  const choose = async (item: string) => {
    fireEvent.click(screen.getByRole("button", { name: "Visões" }));
    fireEvent.click(await screen.findByRole("menuitem", { name: item }));
  };
  await choose("Salvar esta visão…");
  fireEvent.click(await screen.findByRole("button", { name: "Salvar" }));
  expect(await screen.findByText("Informe um nome.")).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Nome"), { target: { value: "  Quem está perto " } });
  fireEvent.click(screen.getByRole("button", { name: "Salvar" }));
  await vi.waitFor(() => expect(viewsOf("users")).toHaveLength(1));

  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await choose("Quem está perto");
  expect(onOpen).toHaveBeenCalledExactlyOnceWith({ level: ["near"] });

  await choose("Organizar visões…");
  fireEvent.click(await screen.findByRole("button", { name: "Excluir Quem está perto" }));
  expect(await screen.findByText("Nenhuma visão salva")).toBeTruthy();
  expect(viewsOf("users")).toEqual([]);
});

it("says so when there are too many", async () => {
  for (let number = 0; number < MOST_VIEWS; number += 1) saveView("users", `visão ${number}`, {});
  render(<ViewsMenu list="users" search={{}} onOpen={() => undefined} />);
  fireEvent.click(screen.getByRole("button", { name: "Visões" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Salvar esta visão…" }));
  fireEvent.change(await screen.findByLabelText("Nome"), { target: { value: "mais uma" } });
  fireEvent.click(screen.getByRole("button", { name: "Salvar" }));
  expect(
    await screen.findByText(`São no máximo ${MOST_VIEWS} visões. Exclua uma primeiro.`),
  ).toBeTruthy();
  expect(viewsOf("users")).toHaveLength(MOST_VIEWS);
});

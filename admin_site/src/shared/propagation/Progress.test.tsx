import { render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { setLocale } from "@/shared/i18n";
import type { Propagation } from "./bringing";
import { Progress } from "./Progress";

vi.mock("@tanstack/react-router", () => ({ Link: () => null }));

const RUN: Propagation = {
  state: "done",
  actor: "ana@example.com",
  startedAt: new Date().toISOString(),
  finishedAt: new Date().toISOString(),
  users: 2_000,
  changed: 1_200,
  failed: 0,
  total: 2_000,
};
const shown = (fields: Partial<Propagation>) =>
  render(<Progress run={{ ...RUN, ...fields }} targetType="group" />);

beforeEach(() => setLocale("pt-BR"));

it("says who made the last change, and how many it reached", () => {
  shown({});
  expect(screen.getByRole("status")).toHaveTextContent(
    /^Última mudança, de ana@example.com, .*: 1.200 pessoas$/,
  );
});

it("names nobody for what came of the settings", () => {
  shown({ actor: "system" });
  expect(screen.getByRole("status")).toHaveTextContent(/^Última mudança, da configuração, /);
});

it("tells nothing where nobody has changed anything yet", () => {
  shown({ actor: "system", changed: 0 });
  expect(screen.queryByRole("status")).toBeNull();
  shown({ actor: "system", changed: 0, failed: 2 });
  expect(screen.getByRole("status")).toHaveTextContent("2 cadastros não puderam ser lidos");
});

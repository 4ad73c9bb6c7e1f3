import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { useCanChange } from "@/shared/hooks/session";
import { type Locale, setLocale } from "@/shared/i18n";
import { toast, toastError } from "@/shared/ui/toast";
import { someDetail } from "../testing";
import { Aliases } from "./Aliases";

const answer = vi.hoisted(() => vi.fn<(path: unknown) => Promise<unknown>>());

vi.mock("@/shared/hooks/session", () => ({ useCanChange: vi.fn() }));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", () => ({
  ApiError: class extends Error {},
  api: () => ({
    DELETE: (_path: string, { params }: { params: { path: unknown } }) => answer(params.path),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  Link: ({ params, children }: { params: { userId: string }; children: ReactNode }) => (
    <a href={`/users/${params.userId}`}>{children}</a>
  ),
}));

const OLD = "ana@example.com";

function shown(fields: Partial<Model<"UserDetail">>, locale: Locale = "pt-BR") {
  setLocale(locale);
  const queries = new QueryClient();
  const again = vi.spyOn(queries, "invalidateQueries");
  render(
    <QueryClientProvider client={queries}>
      <Aliases user={someDetail({ email: "ana.lima@example.org", ...fields })} />
    </QueryClientProvider>,
  );
  return again;
}

beforeEach(() => {
  vi.mocked(useCanChange).mockReturnValue(true);
  answer.mockReset();
});

describe("the addresses of before", () => {
  it("are not there for whoever never moved", () => {
    shown({});
    expect(screen.queryByRole("heading")).toBeNull();
  });

  it.each([
    ["pt-BR", "Outros endereços", "Liberar"],
    ["en", "Other addresses", "Release"],
  ] as const)("are listed, each with its button: %s", (locale, title, button) => {
    shown({ aliases: [OLD, "ana@third.example"] }, locale);
    expect(screen.getByRole("heading")).toHaveTextContent(title);
    expect(screen.getByText(OLD)).toBeVisible();
    expect(screen.getByRole("button", { name: `${button} ${OLD}` })).toBeVisible();
    expect(screen.getAllByRole("button")).toHaveLength(2);
  });

  it("are shown to a viewer without buttons", () => {
    vi.mocked(useCanChange).mockReturnValue(false);
    shown({ aliases: [OLD] });
    expect(screen.getByText(OLD)).toBeVisible();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("lead to the accounts that are one with this one", () => {
    shown({ mergedFrom: ["675fdeca-1"], mergedInto: "f174587d-2" });
    const links = screen.getAllByRole("link").map((one) => one.getAttribute("href"));
    expect(links).toEqual(["/users/f174587d-2", "/users/675fdeca-1"]);
  });

  it("are given up after asking, and looked at again", async () => {
    answer.mockResolvedValue({});
    const again = shown({ aliases: [OLD] });
    fireEvent.click(screen.getByRole("button", { name: `Liberar ${OLD}` }));
    expect(screen.getByRole("dialog")).toHaveTextContent(`Liberar ${OLD}?`);
    expect(answer).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: "Liberar" }));
    await waitFor(() => expect(toast).toHaveBeenCalledWith(`${OLD} foi liberado.`));
    expect(answer).toHaveBeenCalledExactlyOnceWith({ user_id: someDetail({}).id, email: OLD });
    expect(again).toHaveBeenCalledWith({ queryKey: ["user"] });
  });

  it("stay when it is refused, and it is said why", async () => {
    answer.mockRejectedValue(new Error("Alterado por outra operação"));
    shown({ aliases: [OLD] });
    fireEvent.click(screen.getByRole("button", { name: `Liberar ${OLD}` }));
    fireEvent.click(screen.getByRole("button", { name: "Liberar" }));
    await waitFor(() =>
      expect(toastError).toHaveBeenCalledWith(
        "O endereço não foi liberado",
        "Alterado por outra operação",
      ),
    );
  });
});

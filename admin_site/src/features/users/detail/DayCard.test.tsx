import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { useCanChange } from "@/shared/hooks/session";
import { type Locale, setLocale } from "@/shared/i18n";
import { someDetail, someUser } from "../testing";
import { DayCard } from "./DayCard";

const answer = vi.hoisted(() => vi.fn<(path: string, body: unknown) => Promise<unknown>>());

vi.mock("@/shared/hooks/session", () => ({
  useCanChange: vi.fn(),
  useIsManager: () => false,
}));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", () => ({
  ApiError: class extends Error {},
  api: () => ({
    PUT: (path: string, { body }: { body: unknown }) => answer(`PUT ${path}`, body),
    POST: (path: string, { body }: { body: unknown }) => answer(`POST ${path}`, body),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));

const LIMITED = {
  dailyLimit: "auto:25",
  dailyLimitTokens: 41_667,
  dayUsed: 40_000,
  dayAvailable: 1_167,
};

function shown(fields: Partial<Model<"UserDetail">>, locale: Locale = "pt-BR") {
  setLocale(locale);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <DayCard user={someDetail(fields)} />
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  vi.mocked(useCanChange).mockReturnValue(true);
  answer.mockReset();
  answer.mockResolvedValue(someUser({}));
});

describe("a user's day", () => {
  it("has no limit, and may be given one", async () => {
    shown({});
    expect(screen.getByText(/a cota inteira/)).toBeVisible();
    expect(screen.queryByRole("meter")).toBeNull();
    expect(screen.queryByRole("button", { name: "Liberar hoje" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Definir limite" }));
    fireEvent.click(await screen.findByRole("button", { name: "Salvar" }));
    await waitFor(() => expect(answer).toHaveBeenCalledOnce());
    expect(answer.mock.calls[0]).toEqual([
      "PUT /admin/users/{user_id}",
      expect.objectContaining({ dailyLimit: "auto:25", monthlyLimit: null }),
    ]);
  });

  it("is told with a bar, and lifted", async () => {
    shown(LIMITED);
    expect(screen.getByRole("heading")).toHaveTextContent("Limite diário: 41.667 tokens");
    expect(screen.getByRole("meter")).toHaveAccessibleName("Usados hoje: 40.000 de 41.667 tokens");
    expect(screen.getByText("Disponíveis hoje: 1.167")).toBeVisible();
    fireEvent.click(screen.getByRole("button", { name: "Liberar hoje" }));
    const buttons = await screen.findAllByRole("button", { name: "Liberar hoje" });
    fireEvent.click(buttons.at(-1) as HTMLElement);
    await waitFor(() => expect(answer).toHaveBeenCalledOnce());
    expect(answer.mock.calls[0]).toEqual(["POST /admin/users/{user_id}/lift-day", { reason: "" }]);
  });

  it("says that it is lifted, in English too", () => {
    shown({ ...LIMITED, dayLifted: true, dayAvailable: null }, "en");
    expect(screen.getByRole("heading")).toHaveTextContent("Lifted today");
    expect(screen.getByText("Used today: 40,000 tokens")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Lift today" })).toBeNull();
  });

  it("offers a viewer nothing, and is not told of who is deleted", () => {
    vi.mocked(useCanChange).mockReturnValue(false);
    shown(LIMITED);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is not told of who is deleted", () => {
    shown({ ...LIMITED, status: "deleted" });
    expect(screen.queryByRole("heading")).toBeNull();
  });
});

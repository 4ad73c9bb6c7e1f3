import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { saveBlob } from "@/shared/exports/download";
import { type Locale, setLocale } from "@/shared/i18n";
import { Menu } from "@/shared/ui/Menu";
import { toast, toastError } from "@/shared/ui/toast";
import { someUser } from "../testing";
import { PersonalDataItem } from "./PersonalData";

const answer = vi.hoisted(() => vi.fn<(path: string, id: string) => Promise<unknown>>());

vi.mock("@/shared/exports/download", () => ({ saveBlob: vi.fn() }));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", () => ({
  api: () => ({
    GET: (path: string, { params }: { params: { path: { user_id: string } } }) =>
      answer(path, params.path.user_id),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));

const USER = someUser({});

async function chosen(locale: Locale, words: string) {
  setLocale(locale);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Menu trigger={<button type="button">…</button>}>
        <PersonalDataItem user={USER} />
      </Menu>
    </QueryClientProvider>,
  );
  fireEvent.click(screen.getByRole("button", { name: "…" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: words }));
}

beforeEach(() => {
  vi.clearAllMocks();
});

describe("the download of one person's data", () => {
  it("saves what the server answered, and says so", async () => {
    const data = { account: { email: USER.email }, usage: [{ id: "r-1" }], leftOut: [] };
    answer.mockResolvedValue(data);
    await chosen("pt-BR", "Baixar dados pessoais");
    await waitFor(() => expect(toast).toHaveBeenCalledWith("Os dados de Ana foram baixados."));
    expect(answer).toHaveBeenCalledWith("/admin/users/{user_id}/personal-data", USER.id);
    const [blob, name] = vi.mocked(saveBlob).mock.calls[0] as [Blob, string];
    expect(name).toBe(`${USER.id}.json`);
    expect(JSON.parse(await blob.text())).toEqual(data);
  });

  it("names the lists that were cut", async () => {
    answer.mockResolvedValue({ leftOut: ["usage", "audit"] });
    await chosen("en", "Download personal data");
    await waitFor(() =>
      expect(toast).toHaveBeenCalledWith(expect.stringContaining("usage, audit")),
    );
  });

  it("saves nothing when the server refuses", async () => {
    answer.mockRejectedValue(new Error("no"));
    await chosen("en", "Download personal data");
    await waitFor(() => expect(toastError).toHaveBeenCalledWith(expect.any(String), "no"));
    expect(saveBlob).not.toHaveBeenCalled();
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { useCanChange } from "@/shared/hooks/session";
import { type Locale, setLocale } from "@/shared/i18n";
import { toast, toastError } from "@/shared/ui/toast";
import { someDetail } from "../testing";
import { MailNotice } from "./MailNotice";

const answer = vi.hoisted(() => vi.fn<(email: string) => Promise<unknown>>());

vi.mock("@/shared/hooks/session", () => ({ useCanChange: vi.fn() }));
vi.mock("@/shared/ui/toast", () => ({ toast: vi.fn(), toastError: vi.fn() }));
vi.mock("@/shared/api/client", () => ({
  api: () => ({
    DELETE: (_path: string, { params }: { params: { path: { email: string } } }) =>
      answer(params.path.email),
  }),
  unwrap: (call: Promise<unknown>) => call,
}));

const BOUNCE: Model<"MailSuppression"> = {
  reason: "bounce",
  detail: "General: smtp; 550 5.1.1 user unknown",
  suppressedAt: "2026-11-22T13:05:09.123Z",
};

function shown(mailSuppression: Model<"MailSuppression"> | null, locale: Locale = "pt-BR") {
  setLocale(locale);
  const queries = new QueryClient();
  const again = vi.spyOn(queries, "invalidateQueries");
  render(
    <QueryClientProvider client={queries}>
      <MailNotice user={someDetail({ mailSuppression })} />
    </QueryClientProvider>,
  );
  return again;
}

function confirmed() {
  fireEvent.click(screen.getByRole("button", { name: "Voltar a enviar e-mails" }));
  const buttons = screen.getAllByRole("button", { name: "Voltar a enviar e-mails" });
  fireEvent.click(buttons[buttons.length - 1] as HTMLElement);
}

beforeEach(() => {
  vi.mocked(useCanChange).mockReturnValue(true);
  answer.mockReset();
});

describe("the notice that no mail goes out", () => {
  it("is not there while mail does", () => {
    shown(null);
    expect(screen.queryByRole("region")).toBeNull();
  });

  it.each([
    ["pt-BR", "bounce", "Uma mensagem voltou", "Desde 22 de nov. de 2026"],
    ["pt-BR", "complaint", "marcada como spam", "Desde 22 de nov. de 2026"],
    ["en", "bounce", "A mail came back", "Since Nov 22, 2026"],
    ["en", "complaint", "marked as spam", "Since Nov 22, 2026"],
  ] as const)("says why and since when: %s, %s", (locale, reason, why, since) => {
    shown({ ...BOUNCE, reason }, locale);
    const notice = screen.getByRole("region");
    expect(notice).toHaveTextContent(why);
    expect(notice).toHaveTextContent(since);
    expect(notice).toHaveTextContent("ana@example.com");
    expect(notice).toHaveTextContent("550 5.1.1 user unknown");
  });

  it("says nothing of a server that said nothing", () => {
    shown({ ...BOUNCE, detail: "" });
    expect(screen.getByRole("region")).not.toHaveTextContent("O servidor respondeu");
  });

  it("offers a viewer no way back", () => {
    vi.mocked(useCanChange).mockReturnValue(false);
    shown(BOUNCE);
    expect(screen.getByRole("region")).toBeVisible();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("asks first, and does nothing when the answer is no", async () => {
    shown(BOUNCE);
    fireEvent.click(screen.getByRole("button", { name: "Voltar a enviar e-mails" }));
    expect(screen.getByRole("dialog")).toHaveTextContent("Confirme antes que ana@example.com");
    fireEvent.click(screen.getByRole("button", { name: "Cancelar" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(answer).not.toHaveBeenCalled();
  });

  it.each([
    ["removed", "ana@example.com volta a receber e-mails."],
    ["unsupported", expect.stringContaining("Este emulador não tem a lista")],
  ])("sends mails again, and looks again (%s)", async (sesList, said) => {
    answer.mockResolvedValue({ email: "ana@example.com", sesList });
    const again = shown(BOUNCE);
    confirmed();
    await waitFor(() => expect(toast).toHaveBeenCalledWith(said));
    expect(answer).toHaveBeenCalledExactlyOnceWith("ana@example.com");
    expect(again).toHaveBeenCalledWith({ queryKey: ["user"] });
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("tells why it was refused", async () => {
    answer.mockRejectedValue(new Error("O serviço de e-mail não aceitou a requisição"));
    shown(BOUNCE);
    confirmed();
    await waitFor(() =>
      expect(toastError).toHaveBeenCalledWith(
        "Os e-mails continuam parados",
        "O serviço de e-mail não aceitou a requisição",
      ),
    );
  });
});

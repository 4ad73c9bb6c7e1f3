import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import { format } from "@/shared/format";
import { type Locale, setLocale } from "@/shared/i18n";
import { userColumns } from "./columns";
import { someUser } from "./testing";
import { useUsersTexts } from "./texts";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <a href="/">{children}</a>,
}));

function Name({ aliases }: { aliases: string[] }) {
  const [name] = userColumns(useUsersTexts(), format());
  return <>{name?.cell(someUser({ aliases }))}</>;
}

describe("a person in the list", () => {
  it.each<[Locale, string]>([
    ["pt-BR", "também ana@old.example, a@older.example"],
    ["en", "also ana@old.example, a@older.example"],
  ])("is shown with the addresses of before: %s", (locale, text) => {
    setLocale(locale);
    render(<Name aliases={["ana@old.example", "a@older.example"]} />);
    expect(screen.getByText("ana@example.com")).toBeVisible();
    expect(screen.getByText(text)).toBeVisible();
  });

  it("who never moved has one address", () => {
    setLocale("en");
    render(<Name aliases={[]} />);
    expect(screen.queryByText(/also/)).toBeNull();
  });
});

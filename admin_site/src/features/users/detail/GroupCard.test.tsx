import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { type Locale, setLocale } from "@/shared/i18n";
import { someUser } from "../testing";
import { GroupCard } from "./GroupCard";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: React.ReactNode }) => <a href="/users">{children}</a>,
}));
vi.mock("@/shared/hooks/session", () => ({ useCanChange: () => false }));

const inGroup = { groupId: "0123456789ab", groupName: "Vendas" };

/** What stands below the plan's name. */
function noteOf(fields: Partial<Model<"UserOut">>, locale: Locale = "pt-BR") {
  setLocale(locale);
  const view = render(
    <QueryClientProvider client={new QueryClient()}>
      <GroupCard user={someUser(fields)} />
    </QueryClientProvider>,
  );
  const fact = screen.getByText(locale === "en" ? "Plan" : "Plano").parentElement;
  const note = fact?.querySelectorAll("dd")[1]?.textContent ?? null;
  view.unmount();
  return note;
}

describe("where a user's plan comes from", () => {
  it("is said of a choice, of the group's, and of nobody's", () => {
    expect(noteOf({ ...inGroup, plan: "pro", planSource: "own" })).toBe("próprio");
    expect(noteOf({ ...inGroup, plan: "pro", planSource: "group" })).toBe("do grupo Vendas");
    expect(noteOf({ ...inGroup, planSource: "default" })).toBe("o grupo não define plano");
    expect(noteOf({ ...inGroup, planSource: "default" }, "en")).toBe("the group states no plan");
  });

  it("goes without saying where there is no group", () => {
    expect(noteOf({ planSource: "default" })).toBeNull();
    expect(noteOf({ plan: "pro", planSource: "own" })).toBeNull();
  });
});

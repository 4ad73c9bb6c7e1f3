import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Model } from "@/shared/api/types";
import { format } from "@/shared/format";
import { setLocale } from "@/shared/i18n";
import { groupColumns } from "./columns";
import type { RequestFilters } from "./search";
import { TopCard } from "./TopCard";
import { useReportsTexts } from "./texts";

const ROWS = ["-", "gpt-4o"].map(
  (key) => ({ key, tokens: 5, requests: 2, errors: 1 }) as Model<"UsageRow">,
);

vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: async () => ({ items: ROWS, total: ROWS.length }) }),
  unwrap: (call: Promise<unknown>) => call,
}));
vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <a href="/reports">{children}</a>,
}));

function Names({ filters }: { filters: RequestFilters }) {
  const [name] = groupColumns("model", useReportsTexts(), format(), null, filters);
  return ROWS.map((row) => <p key={row.key}>{name?.cell(row)}</p>);
}

function Top({ filters }: { filters: { statuses?: string[]; endpoints?: string[] } }) {
  return (
    <QueryClientProvider client={new QueryClient()}>
      <TopCard
        filters={{ from: "2026-11-01", to: "2026-11-22", ...filters }}
        today="2026-11-22"
        metric="requests"
        group="model"
      />
    </QueryClientProvider>
  );
}

describe.each([
  ["the table", Names],
  ["the greatest", Top],
])("requests without a model, in %s", (_, Shown) => {
  it.each([
    [{}, 2],
    [{ statuses: [], endpoints: [] }, 2],
    [{ statuses: ["4xx"] }, 1],
    [{ endpoints: ["/v1/messages"] }, 1],
  ])("lead to a report where there is one: %j", async (filters, links) => {
    setLocale("en");
    render(<Shown filters={filters} />);
    expect(await screen.findByRole("link", { name: "gpt-4o" })).toBeVisible();
    expect(screen.getAllByRole("link")).toHaveLength(links);
    expect(screen.getByText("no model", { exact: false })).toBeVisible();
  });
});

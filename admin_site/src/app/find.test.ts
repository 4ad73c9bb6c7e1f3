import { describe, expect, it } from "vitest";
import { plain } from "@/shared/plain";
import { moved, pagesNamed } from "./find";

describe("the search over everything", () => {
  const pages = ["Painel", "Usuários", "Relatórios", "Configuração"].map((label) => ({ label }));
  const named = (typed: string) => pagesNamed(pages, typed).map((page) => page.label);

  it("needs neither accents nor capitals", () => {
    expect(plain("Configuração ÀÉ")).toBe("configuracao ae");
    expect(named("usuar")).toEqual(["Usuários"]);
    expect(named("CONFIGURACAO")).toEqual(["Configuração"]);
    expect(named("relató rios")).toEqual(["Relatórios"]);
    expect(named("chaves")).toEqual([]);
  });

  it("lists every page while nothing is typed", () => {
    expect(named("  ")).toHaveLength(pages.length);
  });

  it("goes round by the arrows", () => {
    expect(moved("ArrowDown", 2, 3)).toBe(0);
    expect(moved("ArrowUp", 0, 3)).toBe(2);
    expect(moved("Home", 2, 3)).toBe(0);
    expect(moved("End", 0, 3)).toBe(2);
    expect(moved("a", 1, 3)).toBeNull();
    expect(moved("ArrowDown", 0, 0)).toBeNull();
  });
});

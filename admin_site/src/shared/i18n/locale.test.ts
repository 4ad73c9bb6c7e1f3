import { afterEach, beforeEach, expect, it, vi } from "vitest";

beforeEach(() => {
  vi.resetModules();
  localStorage.clear();
});
afterEach(() => {
  localStorage.setItem("solaris.locale", "pt-BR");
  vi.restoreAllMocks();
});

it.each([
  ["an English browser", ["en-GB", "pt-BR"], undefined, null, "en"],
  ["a Portuguese browser of an English stage", ["pt-PT"], "en", null, "pt-BR"],
  ["a German browser of an English stage", ["de-DE"], "en", null, "en"],
  ["a German browser of a stage that says nothing", ["de-DE"], undefined, null, "pt-BR"],
  ["an English browser whose person chose", ["en-US"], "en", "pt-BR", "pt-BR"],
])("%s", async (_, languages, stage, chosen, expected) => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
  if (chosen) localStorage.setItem("solaris.locale", chosen);
  const i18n = await import("./index");
  i18n.applyStageLocale(stage);
  expect(i18n.currentLocale()).toBe(expected);
  expect(document.documentElement.lang).toBe(expected);
});

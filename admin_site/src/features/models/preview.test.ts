import { afterEach, expect, it } from "vitest";
import { formatFor } from "@/shared/format";
import { setLocale } from "@/shared/i18n";
import { changedModels, type Preview, previewLines } from "./preview";
import { modelsText as t } from "./texts";

const TODAY = "2026-11-22";
const PREVIEW: Preview = {
  period: "2026-10",
  chargedTokens: 1_500_000,
  wouldCharge: 1_965_000,
  percent: 31,
  users: 40,
  usersOver: 12,
  usersNewlyOver: 9,
  isWhole: true,
  models: [
    { model: "small", tokens: 900_000, chargedTokens: 900_000, wouldCharge: 900_000 },
    { model: "mini", tokens: 100_000, chargedTokens: 100_000, wouldCharge: 50_000 },
    { model: "big", tokens: 500_000, chargedTokens: 500_000, wouldCharge: 1_015_000 },
  ],
};
const plain = (lines: string[]) => lines.map((line) => line.replace(/\u00a0/g, " "));
const lines = (change: Partial<Preview>) =>
  plain(previewLines({ ...PREVIEW, ...change }, t, formatFor("pt-BR"), TODAY));

afterEach(() => setLocale("pt-BR"));

it("says what a month would have charged, and who would be over", () => {
  expect(lines({})).toEqual([
    "Em outubro teriam sido cobrados 31% a mais (1.500.000 → 1.965.000).",
    "12 pessoas ficariam acima da cota, 9 delas por causa disso.",
  ]);
  setLocale("en");
  expect(plain(previewLines(PREVIEW, t, formatFor("en"), TODAY))).toEqual([
    "In October, 31% more would have been charged (1,500,000 → 1,965,000).",
    "12 people would be over their quota, 9 of them because of this.",
  ]);
});

it.each([
  [{ wouldCharge: 750_000, percent: -50 }, "cobrados 50% a menos (1.500.000 → 750.000)"],
  [{ wouldCharge: 1_500_000, percent: 0 }, "Em outubro teria sido cobrado o mesmo: 1.500.000"],
  [{ chargedTokens: 0, percent: null }, "cobrados 1.965.000 tokens, em vez de nenhum"],
  [{ period: "2026-11" }, "Neste mês, até agora, teriam sido cobrados 31% a mais"],
  [{ usersOver: 0, usersNewlyOver: 0 }, "Ninguém ficaria acima da cota."],
  [{ usersOver: 1, usersNewlyOver: 1 }, "1 pessoa ficaria acima da cota, por causa disso."],
  [{ usersNewlyOver: 0 }, "12 pessoas ficariam acima da cota, com ou sem isso."],
  [{ isWhole: false }, "nem todas foram vistas"],
])("says it otherwise: %o", (change, part) => {
  expect(lines(change).join(" ")).toContain(part);
});

it("has nothing to compare where nothing was used", () => {
  expect(lines({ models: [] })).toEqual(["Ainda não houve uso para comparar."]);
});

it("shows the models that would charge otherwise, the greatest difference first", () => {
  expect(changedModels(PREVIEW).map((one) => one.model)).toEqual(["big", "mini"]);
});

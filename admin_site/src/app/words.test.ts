import { expect, it } from "vitest";
import { actionText } from "@/features/users/actionTexts";
import { defineTexts, setLocale } from "@/shared/i18n";

const files = import.meta.glob<string>(["../**/*exts.ts", "../features/settings/reasons.json"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** What is about requests for tokens alone: a "pedido" there is one of them. */
const OF_TOKENS =
  /\/(features\/requests\/texts|shared\/token-requests\/texts|self-service\/askTexts)\.ts$/;
const said = (line: string) => line.replaceAll(/\b[Pp]edidos?\b/g, "pedido de tokens");

/** Words that the site has others for. */
const RETIRED = [
  /\d %/, // 80%, in both languages
  /(?<!requests: ")\b[Pp]edidos?\b(?! de tokens)/, // requisição for admins, pergunta for people
  /[Tt]ransaç/, // movimentação
  /[Cc]onciliaç/, // conferência dos saldos
  /[Rr]econciliation of/, // balance check
  /"Ritmo"/, // limite de requisições
  /Diga o motivo/, // informe o motivo
  /de vez"/, // definitivamente
  /[Mm]aiores|Greatest/, // quem mais usa, top users
  /\b(do|no|ao|pelo) IA SOLARIS/, // da IA SOLARIS
  /Com ressalvas|With reservations/, // atenção, degraded
  /Primeira resposta|[Pp]rimeiro byte|[Ff]irst byte/, // primeiro token
  /[Ss]em tokens/, // cota esgotada
];

it("no text uses a word that has been given up", () => {
  const lines = Object.entries(files).flatMap(([file, text]) =>
    text
      .split("\n")
      .filter((line) => RETIRED.some((word) => word.test(OF_TOKENS.test(file) ? said(line) : line)))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(Object.keys(files).length).toBeGreaterThan(20);
  expect(Object.keys(files).filter((file) => OF_TOKENS.test(file))).toHaveLength(3);
  expect(lines).toEqual([]);
});

it("no text counts without a form for one", () => {
  const uncounted = Object.entries(files).flatMap(([file, text]) =>
    [...text.matchAll(/^\s+(\w+):\s*"[^"]*\{\{count\}\} \p{L}/gmu)]
      .map(([, key]) => key ?? "")
      .filter((key) => !/_(zero|one|other)$/.test(key))
      .map((key) => `${file}: ${key}`),
  );
  expect(uncounted).toEqual([]);
});

it("counts one, many and none", () => {
  const { translate } = defineTexts("counted", {
    "pt-BR": {
      people_zero: "Nenhuma pessoa",
      people_one: "{{count}} pessoa",
      people_other: "{{count}} pessoas",
    },
    en: { people_zero: "Nobody", people_one: "{{count}} person", people_other: "{{count}} people" },
  });
  const told = () => [0, 1, 3].map((count) => translate("people", { count }));
  setLocale("pt-BR");
  expect(told()).toEqual(["Nenhuma pessoa", "1 pessoa", "3 pessoas"]);
  setLocale("en");
  expect(told()).toEqual(["Nobody", "1 person", "3 people"]);
  setLocale("pt-BR");
});

it("a button names what it does and to how many", () => {
  expect(actionText("bulkApply_suspend", { count: 3, shown: "3" })).toBe("Suspender 3 pessoas");
  expect(actionText("bulkApply_add_tokens", { count: 1 })).toBe("Adicionar tokens a 1 pessoa");
});

import { defineTexts } from "@/shared/i18n";

export const { useTexts: useColumnTexts } = defineTexts("columns", {
  "pt-BR": { columns: "Colunas" },
  en: { columns: "Columns" },
});

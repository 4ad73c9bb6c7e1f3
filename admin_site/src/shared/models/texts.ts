import { defineTexts } from "@/shared/i18n";

export const { useTexts: useModelsTexts } = defineTexts("allowedModels", {
  "pt-BR": {
    allowedModels: "Modelos permitidos",
    modelsHelp:
      "Enter acrescenta. Use * no fim para uma família: claude-*. Vazio: todos os modelos.",
    modelsPlaceholder: "gpt-4o-mini, claude-*",
    modelWrong: "“{{text}}” não serve: o * só pode vir no fim do nome.",
    modelsUsed: "Usados neste mês",
    addModel: "Permitir {{model}}",
    removeModel: "Tirar {{model}}",
  },
  en: {
    allowedModels: "Allowed models",
    modelsHelp: "Enter adds one. End with * for a family: claude-*. Empty: all models.",
    modelsPlaceholder: "gpt-4o-mini, claude-*",
    modelWrong: "“{{text}}” will not do: * may only end a name.",
    modelsUsed: "Used this month",
    addModel: "Allow {{model}}",
    removeModel: "Remove {{model}}",
  },
});

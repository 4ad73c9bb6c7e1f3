import { defineTexts } from "@/shared/i18n";

export const { useTexts: useViewsTexts } = defineTexts("views", {
  "pt-BR": {
    views: "Visões",
    save: "Salvar esta visão…",
    organise: "Organizar visões…",
    saveTitle: "Salvar esta visão",
    saveText:
      "Filtros e ordem ficam guardados neste navegador. Para compartilhar, envie o endereço.",
    name: "Nome",
    nameMissing: "Informe um nome.",
    nameReplaces: "Substitui a visão que já tem este nome.",
    full: "São no máximo {{most}} visões. Exclua uma primeiro.",
    saved: "Visão {{name}} salva",
    notSaved: "O navegador não permitiu guardar a visão",
    organiseTitle: "Visões salvas",
    remove: "Excluir {{name}}",
    none: "Nenhuma visão salva",
  },
  en: {
    views: "Views",
    save: "Save this view…",
    organise: "Organize views…",
    saveTitle: "Save this view",
    saveText: "Filters and order are kept in this browser. To share them, send the address.",
    name: "Name",
    nameMissing: "Enter a name.",
    nameReplaces: "Replaces the view that has this name.",
    full: "There are {{most}} views at most. Delete one first.",
    saved: "View {{name}} saved",
    notSaved: "The browser did not allow the view to be kept",
    organiseTitle: "Saved views",
    remove: "Delete {{name}}",
    none: "No saved views",
  },
});

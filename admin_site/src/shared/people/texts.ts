import { defineTexts } from "@/shared/i18n";

export const { useTexts: usePeopleTexts } = defineTexts("people", {
  "pt-BR": {
    search: "Nome ou e-mail",
    chosen_one: "{{count}} pessoa",
    chosen_other: "{{count}} pessoas",
    none: "Ninguém com esse nome ou e-mail",
    failed: "A busca não respondeu",
    most: "No máximo {{most}} pessoas",
    loading: "Buscando…",
  },
  en: {
    search: "Name or e-mail",
    chosen_one: "{{count}} person",
    chosen_other: "{{count}} people",
    none: "Nobody with that name or e-mail",
    failed: "The search did not answer",
    most: "At most {{most}} people",
    loading: "Searching…",
  },
});

import { defineTexts } from "@/shared/i18n";

export const { useTexts: usePropagationTexts } = defineTexts("propagation", {
  "pt-BR": {
    running: "Levando a mudança a todos: {{users}} de {{total}}",
    done_zero: "Última mudança, {{who}}, {{when}}: não mudou ninguém",
    done_one: "Última mudança, {{who}}, {{when}}: {{count}} pessoa",
    done_other: "Última mudança, {{who}}, {{when}}: {{shown}} pessoas",
    by: "de {{who}}",
    bySystem: "da configuração",
    someFailed_one: "{{count}} cadastro não pôde ser lido",
    someFailed_other: "{{shown}} cadastros não puderam ser lidos",
    history: "Ver na auditoria",
  },
  en: {
    running: "Bringing the change to everybody: {{users}} of {{total}}",
    done_zero: "Last change, {{who}}, {{when}}: it changed nobody",
    done_one: "Last change, {{who}}, {{when}}: {{count}} person",
    done_other: "Last change, {{who}}, {{when}}: {{shown}} people",
    by: "by {{who}}",
    bySystem: "of the settings",
    someFailed_one: "{{count}} account could not be read",
    someFailed_other: "{{shown}} accounts could not be read",
    history: "See the audit log",
  },
});

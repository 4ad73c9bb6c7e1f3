import { defineTexts } from "@/shared/i18n";

/** How long additional tokens are good for, in words. */
export const { useTexts: useGrantTexts } = defineTexts("grants", {
  "pt-BR": {
    term_this_month: "só este mês",
    term_month: "só em {{month}}",
    term_until: "até {{date}}",
    term_until_used: "até acabarem",
    term_every_month: "todo mês",
    usedThisMonth: "já usados neste mês",
  },
  en: {
    term_this_month: "this month only",
    term_month: "{{month}} only",
    term_until: "until {{date}}",
    term_until_used: "until they are used up",
    term_every_month: "every month",
    usedThisMonth: "already used this month",
  },
});

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

/** What one chooses when tokens are granted, and in a sentence what that means. */
export const { useTexts: useGrantingTexts, translate: grantingText } = defineTexts("granting", {
  "pt-BR": {
    term: "Valem",
    term_this_month: "Só este mês",
    term_until: "Até uma data",
    term_until_used: "Até acabarem",
    term_every_month: "Todo mês",
    lastDay: "Último dia",
    meansThisMonth: "Em {{month}} a cota volta a ser a de antes.",
    meansThisMonthOf: "Em {{month}} a cota volta a {{tokens}}.",
    meansThisMonthLasting:
      "Em {{month}} a cota volta a {{tokens}}, mais o que restar de outras concessões.",
    meansUntilUnknown: "O que não for usado até o último dia termina ali.",
    meansUntilSoon:
      "São usados antes do limite do mês; o que não for usado até {{date}} termina ali.",
    meansUntilLater: "O limite do mês é usado antes; o que não for usado até {{date}} termina ali.",
    meansUntilUsed: "O limite do mês é usado antes; valem até acabarem.",
    meansEveryMonth: "Somam-se a todos os meses, até você retirar.",
    meansEveryMonthOf: "Todos os meses passam a ter {{tokens}}, até você retirar.",
    meansEveryMonthBack: "Todos os meses passam a ter {{tokens}}.",
    meansEveryMonthMore: "Todos os meses passam a ter {{tokens}} a mais, até você retirar.",
    meansEveryMonthLess: "Todos os meses passam a ter {{tokens}} a menos.",
  },
  en: {
    term: "Good for",
    term_this_month: "This month only",
    term_until: "Until a date",
    term_until_used: "Until used up",
    term_every_month: "Every month",
    lastDay: "Last day",
    meansThisMonth: "In {{month}} the quota goes back to what it was.",
    meansThisMonthOf: "In {{month}} the quota goes back to {{tokens}}.",
    meansThisMonthLasting:
      "In {{month}} the quota goes back to {{tokens}}, and what is left of other grants.",
    meansUntilUnknown: "What is unused by the last day ends then.",
    meansUntilSoon: "Used before the month's limit; what is unused by {{date}} ends then.",
    meansUntilLater: "The month's limit is used first; what is unused by {{date}} ends then.",
    meansUntilUsed: "The month's limit is used first; they last until they are used up.",
    meansEveryMonth: "Added to every month, until you take them back.",
    meansEveryMonthOf: "Every month has {{tokens}} from now on, until you take them back.",
    meansEveryMonthBack: "Every month has {{tokens}} from now on.",
    meansEveryMonthMore: "Every month has {{tokens}} more from now on, until you take them back.",
    meansEveryMonthLess: "Every month has {{tokens}} less from now on.",
  },
});

export type GrantingTexts = ReturnType<typeof useGrantingTexts>;

import { defineTexts } from "@/shared/i18n";

/** How often a token counts, in words. */
export const { useTexts: useWeightTexts, translate: weightTexts } = defineTexts("weights", {
  "pt-BR": {
    free: "de graça",
    part_prompt: "entrada {{times}}",
    part_completion: "resposta {{times}}",
    part_cached: "cache {{times}}",
    charged: "{{total}} tokens · cobrados {{charged}} ({{weight}})",
    ofTokens: "de {{total}}",
    otherAnswered: "respondeu outro modelo, cobrado pelo peso dele",
  },
  en: {
    free: "free",
    part_prompt: "input {{times}}",
    part_completion: "answer {{times}}",
    part_cached: "cache {{times}}",
    charged: "{{total}} tokens · {{charged}} charged ({{weight}})",
    ofTokens: "of {{total}}",
    otherAnswered: "another model answered, charged by its weight",
  },
});

export type WeightTexts = ReturnType<typeof useWeightTexts>;

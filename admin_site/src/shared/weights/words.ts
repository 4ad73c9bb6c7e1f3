import type { Format } from "@/shared/format";
import type { WeightTexts } from "./texts";

/** How many times a token of each kind counts; `cached` null: as the settings say. */
export interface Weight {
  prompt: number;
  completion: number;
  cached?: number | null;
}

/** 0,5× */
export function timesText(value: number, format: Pick<Format, "locale">): string {
  return `${value.toLocaleString(format.locale, { maximumFractionDigits: 3 })}×`;
}

/** 5×; entrada 2× · resposta 8× · cache 0,5×; de graça */
export function weightText(
  { prompt, completion, cached = null }: Weight,
  t: WeightTexts,
  format: Pick<Format, "locale">,
  between = " · ",
): string {
  const isOne = prompt === completion && (cached === null || cached === prompt);
  if (isOne) return prompt === 0 ? t("free") : timesText(prompt, format);
  const parts = [
    t("part_prompt", { times: timesText(prompt, format) }),
    t("part_completion", { times: timesText(completion, format) }),
  ];
  if (cached !== null && cached !== prompt) {
    parts.push(t("part_cached", { times: timesText(cached, format) }));
  }
  return parts.join(between);
}

/** 1.040 tokens · cobrados 1.300 (entrada 2×, resposta 5×) */
export function chargedText(
  { total, charged, weight }: { total: number; charged: number; weight: Weight },
  t: WeightTexts,
  format: Pick<Format, "locale" | "integer">,
): string {
  return t("charged", {
    total: format.integer(total),
    charged: format.integer(charged),
    weight: weightText(weight, t, format, ", "),
  });
}

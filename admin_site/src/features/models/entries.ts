import type { Format } from "@/shared/format";
import type { WeightTexts } from "@/shared/weights/texts";
import { weightText } from "@/shared/weights/words";
import type { Entry } from "./form";
import { EVERY_OTHER } from "./form";
import type { ModelsTexts } from "./texts";

export interface Words {
  t: ModelsTexts;
  weights: WeightTexts;
  format: Format;
}

/** What an entry says: 5×, de graça, pelo preço de gpt-4o-mini. */
export function countsText({ auto, weight }: Entry, { t, weights, format }: Words): string {
  if (auto !== null || weight === null) return t("byPrice", { model: auto ?? "" });
  return weightText(weight, weights, format);
}

/** Whom a name is for, where it is not one model. */
export function reachText(name: string, t: ModelsTexts): string | undefined {
  if (name === EVERY_OTHER) return t("everyOther");
  return name.endsWith("*") ? t("beginning", { name: name.slice(0, -1) }) : undefined;
}

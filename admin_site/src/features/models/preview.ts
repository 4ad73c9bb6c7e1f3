import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import type { ModelsTexts } from "./texts";

export type Preview = Model<"WeightsPreviewOut">;
type Words = Pick<Format, "integer" | "percent" | "monthName">;
const SHOWN_MODELS = 5;

/** A month by other weights, in sentences; `today` is `2026-11-22`. */
export function previewLines(
  preview: Preview,
  t: ModelsTexts,
  format: Words,
  today: string,
): string[] {
  if (preview.models.length === 0) return [t("previewUnused")];
  const lines = [chargedLine(preview, t, format, today), overLine(preview, t, format)];
  return preview.isWhole ? lines : [...lines, t("previewPart")];
}

function chargedLine(preview: Preview, t: ModelsTexts, format: Words, today: string): string {
  const { period, percent, chargedTokens, wouldCharge } = preview;
  const isNow = today.startsWith(period);
  const values = {
    when: isNow ? t("thisMonth") : t("inMonth", { month: format.monthName(period) }),
    before: format.integer(chargedTokens),
    after: format.integer(wouldCharge),
    percent: format.percent(Math.abs(percent ?? 0)),
  };
  if (wouldCharge === chargedTokens) return t("previewSame", values);
  if (percent === null) return t("previewNew", values);
  return t(wouldCharge > chargedTokens ? "previewMore" : "previewLess", values);
}

function overLine({ usersOver, usersNewlyOver }: Preview, t: ModelsTexts, format: Words): string {
  const because =
    usersNewlyOver === 0
      ? t("becauseNone")
      : usersNewlyOver === usersOver
        ? t("becauseAll")
        : t("becauseSome", { shown: format.integer(usersNewlyOver) });
  return t("previewOver", { count: usersOver, shown: format.integer(usersOver), because });
}

/** The models that would charge otherwise, the greatest difference first. */
export function changedModels({ models }: Preview): Preview["models"] {
  const difference = (one: Preview["models"][number]) =>
    Math.abs(one.wouldCharge - one.chargedTokens);
  return models
    .filter((one) => difference(one) > 0)
    .sort((one, other) => difference(other) - difference(one))
    .slice(0, SHOWN_MODELS);
}

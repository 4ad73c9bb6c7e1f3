import type { Model } from "@/shared/api/types";
import { modelColours, type Series, seriesColour, type TimePoint } from "@/shared/charts/TimeChart";
import type { LocalCost } from "@/shared/format";
import type { Metric, RequestFilters } from "./search";

const SHOWN_MODELS = 5;
export const OTHERS = "\u0000others";
export const NO_MODEL = "-";
/** In place of the id of a group or key: none. */
export const NONE = "-";

/**
 * Whether a report of one model finds it again under these filters: requests that no model answered
 * are sums of their own, while each of them has the name that was asked for.
 */
export function hasReport(model: string, { statuses, endpoints, keys }: RequestFilters): boolean {
  return model !== NO_MODEL || !(statuses?.length || endpoints?.length || keys?.length);
}

interface Figures {
  tokens: number;
  requests: number;
  /** Answers with a status of 400 or more; hours do not count them. */
  errors?: number | null;
  /** Without it, the bucket does not count cost, or no price of it is known. */
  costMicros?: number | null;
  localCost?: LocalCost;
}

export function figureOf(figures: Figures, metric: Metric): number {
  return metric === "cost"
    ? (figures.localCost?.micros ?? figures.costMicros ?? 0)
    : (figures[metric] ?? 0);
}

/** In which a chart of costs is: what any of its figures says, else USD. */
export function currencyOf(answer: Model<"TimeSeries"> | Model<"UsageReport"> | undefined): string {
  if (!answer) return "USD";
  const parts = "points" in answer ? answer.points : answer.items;
  return parts.find((one) => one.localCost)?.localCost?.currency ?? "USD";
}

/** Requests without a price in what a chart of costs shows. */
export function unpricedOf(answer: Model<"TimeSeries"> | Model<"UsageReport"> | undefined): number {
  if (!answer) return 0;
  const parts = "points" in answer ? answer.points : answer.items;
  return parts.reduce((sum, one) => sum + (one.unpricedRequests ?? 0), 0);
}

/** Days by model: the greatest in a colour each, the rest as one. */
export function stackByModel(
  points: Model<"TimeSeries">["points"],
  metric: Metric,
  words: { others: string; noModel: string },
): { points: TimePoint[]; series: Series[] } {
  const totals = new Map<string, number>();
  for (const point of points) {
    for (const [model, figures] of Object.entries(point.byModel ?? {})) {
      totals.set(model, (totals.get(model) ?? 0) + figureOf(figures, metric));
    }
  }
  const ranked = [...totals]
    .filter(([, value]) => value > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([model]) => model);
  const shown = new Set(ranked.slice(0, SHOWN_MODELS));
  const colourOf = modelColours([...shown]);
  const series = [...shown].map((model) => ({
    key: model,
    label: model === NO_MODEL ? words.noModel : model,
    colour: colourOf(model),
  }));
  if (ranked.length > shown.size) {
    series.push({ key: OTHERS, label: words.others, colour: seriesColour(SHOWN_MODELS) });
  }
  return {
    series,
    points: points.map((point) => {
      const values: Record<string, number> = {};
      for (const [model, figures] of Object.entries(point.byModel ?? {})) {
        const key = shown.has(model) ? model : OTHERS;
        values[key] = (values[key] ?? 0) + figureOf(figures, metric);
      }
      return { time: point.day, values };
    }),
  };
}

/** Days as one figure each; days without a row are zeros. */
export function plainDays(
  rows: readonly (Figures & { key: string })[],
  days: readonly string[],
  metric: Metric,
  label: string,
): { points: TimePoint[]; series: Series[] } {
  const byDay = new Map(rows.map((row) => [row.key, figureOf(row, metric)]));
  return {
    series: [{ key: metric, label, colour: seriesColour(0) }],
    points: days.map((day) => ({ time: day, values: { [metric]: byDay.get(day) ?? 0 } })),
  };
}

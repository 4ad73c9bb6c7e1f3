import type { Model } from "@/shared/api/types";
import { type Series, seriesColour, type TimePoint } from "@/shared/charts/TimeChart";
import { OTHERS } from "./chart";

type Points = Model<"TimeSeries">["points"];

const SHOWN_REASONS = 5;

/** The median and the 95th percentile day by day; a day without streamed answers is a gap. */
export function firstByteDays(
  points: Points,
  names: { p50: string; p95: string },
): { points: TimePoint[]; series: Series[] } {
  return {
    series: [
      { key: "p95", label: names.p95, colour: seriesColour(0) },
      { key: "p50", label: names.p50, colour: seriesColour(1) },
    ],
    points: points.map(({ day, firstByteP50Ms: p50, firstByteP95Ms: p95 }) => ({
      time: day,
      values: { ...(p95 == null ? {} : { p95 }), ...(p50 == null ? {} : { p50 }) },
    })),
  };
}

/** Days by reason: the most frequent of the whole range in a colour each, the rest as one. */
export function refusalDays(
  points: Points,
  whole: Record<string, number>,
  nameOf: (reason: string) => string,
  others: string,
): { points: TimePoint[]; series: Series[] } {
  const ranked = Object.entries(whole)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([reason]) => reason);
  // The gateway's own rest is no reason to be shown beside the rest of the chart.
  const shown = ranked.filter((reason) => reason !== "other").slice(0, SHOWN_REASONS);
  const series = shown.map((reason, index) => ({
    key: reason,
    label: nameOf(reason),
    colour: seriesColour(index),
  }));
  if (ranked.length > shown.length) {
    series.push({ key: OTHERS, label: others, colour: seriesColour(SHOWN_REASONS) });
  }
  return {
    series,
    points: points.map((point) => {
      const values: Record<string, number> = {};
      for (const [reason, count] of Object.entries(point.refusals ?? {})) {
        const key = shown.includes(reason) ? reason : OTHERS;
        values[key] = (values[key] ?? 0) + count;
      }
      return { time: point.day, values };
    }),
  };
}

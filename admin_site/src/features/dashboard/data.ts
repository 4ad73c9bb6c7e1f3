import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import type { Series, TimePoint } from "@/shared/charts/TimeChart";
import { modelColours, seriesColour } from "@/shared/charts/TimeChart";

/** New usage is to show within five seconds; a hidden page asks nothing. */
const LIVE_MILLISECONDS = 4_000;
const SHOWN_MODELS = 5;
const SHOWN_ALERTS = 6;
export const OTHERS = "\u0000others";

export const RANGES = ["today", "7", "30", "90"] as const;
export type Range = (typeof RANGES)[number];

export function useStats() {
  return useQuery({
    queryKey: ["stats"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/stats", { signal })),
    refetchInterval: LIVE_MILLISECONDS,
  });
}

/** The days of a range, ending today in the periods' zone (which the stats name by `day`). */
export function daysOf(range: Range, today: string): { from: string; to: string } {
  const end = new Date(`${today}T00:00:00Z`);
  const days = range === "today" ? 1 : Number(range) - 1;
  const start = new Date(end.getTime() - days * 86_400_000);
  return { from: start.toISOString().slice(0, 10), to: today };
}

export function useSeries(range: Range, today: string | undefined) {
  return useQuery({
    queryKey: ["timeseries", range, today],
    enabled: today !== undefined,
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/stats/timeseries", {
          params: {
            query: {
              ...daysOf(range, today ?? ""),
              interval: range === "today" ? "hour" : "day",
              groupBy: "model",
            },
          },
          signal,
        }),
      ),
    refetchInterval: LIVE_MILLISECONDS,
    placeholderData: keepPreviousData,
  });
}

/** The models with most tokens get a colour each, in the order of the range's totals. */
export function stackByModel(
  series: Model<"TimeSeries">,
  words: { others: string; noModel: string },
): { points: TimePoint[]; series: Series[] } {
  const totals = new Map<string, number>();
  for (const point of series.points) {
    for (const [model, figures] of Object.entries(point.byModel ?? {})) {
      totals.set(model, (totals.get(model) ?? 0) + figures.tokens);
    }
  }
  const ranked = [...totals]
    .filter(([, tokens]) => tokens > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([model]) => model);
  const shown = ranked.slice(0, SHOWN_MODELS);
  const colourOf = modelColours(shown);
  const isShown = new Set(shown);
  const hasOthers = ranked.length > shown.length;
  return {
    series: [
      ...shown.map((model) => ({
        key: model,
        label: model === "-" ? words.noModel : model,
        colour: colourOf(model),
      })),
      ...(hasOthers
        ? [{ key: OTHERS, label: words.others, colour: seriesColour(SHOWN_MODELS) }]
        : []),
    ],
    points: series.points.map((point) => {
      const values: Record<string, number> = {};
      for (const [model, figures] of Object.entries(point.byModel ?? {})) {
        const key = isShown.has(model) ? model : OTHERS;
        values[key] = (values[key] ?? 0) + figures.tokens;
      }
      // A day is the periods' day wherever the viewer is; an hour is a moment.
      return { time: series.interval === "day" ? point.day : point.time, values };
    }),
  };
}

const OPEN_ALERTS = ["alerts", "open", "dashboard"];

export function useOpenAlerts() {
  return useQuery({
    queryKey: OPEN_ALERTS,
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/alerts", {
          params: { query: { state: "open", limit: SHOWN_ALERTS } },
          signal,
        }),
      ),
    refetchInterval: LIVE_MILLISECONDS * 2,
  });
}

/**
 * Resolves an alert; it leaves the list at once and comes back if the server refuses.
 *
 * Its row is gone when the answer comes, so what is said then is given here and not to `mutate`.
 */
export function useResolve(say: { onDone: () => void; onRefused: (error: Error) => void }) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        api().POST("/admin/alerts/{alert_id}/resolve", { params: { path: { alert_id: id } } }),
      ),
    onMutate: async (id) => {
      await queries.cancelQueries({ queryKey: OPEN_ALERTS });
      const before = queries.getQueryData<Model<"Page_AlertOut_">>(OPEN_ALERTS);
      if (before) {
        queries.setQueryData(OPEN_ALERTS, {
          ...before,
          items: before.items.filter((one) => one.id !== id),
        });
      }
      return { before };
    },
    onSuccess: say.onDone,
    onError: (error, _id, context) => {
      if (context?.before) queries.setQueryData(OPEN_ALERTS, context.before);
      say.onRefused(error);
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["alerts"] });
      void queries.invalidateQueries({ queryKey: ["stats"] });
    },
  });
}

import type { Model } from "@/shared/api/types";
import type { Tone } from "@/shared/ui/Badge";

type Run = Model<"ReconciliationOut">;
type Difference = Model<"BookDifferenceOut">;

export type Standing = "never" | "running" | "agree" | "differ";

export const STANDING_TONE: Record<Standing, Tone> = {
  never: "neutral",
  running: "info",
  agree: "ok",
  differ: "danger",
};

/** How the books stand by the last run: a difference counts as soon as it is found. */
export function standingOf(run: Run | null): Standing {
  if (run === null) return "never";
  if (run.differences > 0) return "differ";
  return run.finishedAt === null ? "running" : "agree";
}

const DAY_MODEL = /^(\d{4}-\d{2}-\d{2})#(.+)$/;
const PERIOD = /^\d{4}-\d{2}$/;

export type Place =
  | { kind: "month"; period: string }
  | { kind: "counter"; day: string; model: string }
  | { kind: "request"; id: string };

/** Where a difference is: a month, a day's counter of a model, or a reservation's request. */
export function placeOf(place: string): Place {
  const counter = DAY_MODEL.exec(place);
  if (counter) return { kind: "counter", day: counter[1] ?? "", model: counter[2] ?? "" };
  return PERIOD.test(place) ? { kind: "month", period: place } : { kind: "request", id: place };
}

export function keyOf({ fault, userId, place, figure }: Difference): string {
  return [fault, userId, place, figure].join(" ");
}

/** Presets of a range of days; `any` is no range at all. */
export const PRESETS = [
  "any",
  "today",
  "thisMonth",
  "lastMonth",
  "last7",
  "last30",
  "last90",
  "own",
] as const;
export type Preset = (typeof PRESETS)[number];

/** Days as `2026-11-22`, both included. */
export interface Days {
  from: string;
  to: string;
}

/** What an address holds of a range: the preset, and the days of an own one. */
export interface RangeState {
  range?: Preset | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** As many days as the API takes at once. */
export const MOST_DAYS = 400;
const DAY_MILLISECONDS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const two = (value: number) => String(value).padStart(2, "0");

/** The day of an instant where the viewer is. */
export function localDay(at: Date = new Date()): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function parsed(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

export function isDay(day: string | undefined): day is string {
  return day !== undefined && DAY.test(day) && !Number.isNaN(parsed(day).getTime());
}

export function addDays(day: string, count: number): string {
  return new Date(parsed(day).getTime() + count * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

/** The days of a month, `2026-11`, as an address holds them. */
export function monthDays(period: string): { range: "own"; from: string; to: string } {
  const first = `${period}-01`;
  const next = addDays(first, 31).slice(0, 7);
  return { range: "own", from: first, to: addDays(`${next}-01`, -1) };
}

/** How many days a range has, both ends included. */
export function countDays({ from, to }: Days): number {
  return Math.round((parsed(to).getTime() - parsed(from).getTime()) / DAY_MILLISECONDS) + 1;
}

/** The days that a state of the address stands for; null: any day. */
export function daysOf(state: RangeState, fallback: Preset, today: string): Days | null {
  const preset = state.range ?? fallback;
  const month = today.slice(0, 7);
  switch (preset) {
    case "any":
      return null;
    case "today":
      return { from: today, to: today };
    case "last7":
    case "last30":
    case "last90":
      return { from: addDays(today, 1 - Number(preset.slice(4))), to: today };
    case "lastMonth": {
      const last = addDays(`${month}-01`, -1);
      return { from: `${last.slice(0, 7)}-01`, to: last };
    }
    case "own":
      if (ownProblem(state.from, state.to) === null && state.from && state.to) {
        return { from: state.from, to: state.to };
      }
      return fallback === "own" ? null : daysOf({}, fallback, today);
    default:
      return { from: `${month}-01`, to: today };
  }
}

/** Why two dates are no range; null when they are one. */
export function ownProblem(
  from: string | undefined,
  to: string | undefined,
): "incomplete" | "reversed" | "tooLong" | null {
  if (!isDay(from) || !isDay(to)) return "incomplete";
  if (from > to) return "reversed";
  return countDays({ from, to }) > MOST_DAYS ? "tooLong" : null;
}

/** The instants between which days lie where the viewer is; the second is not included. */
export function instantsOf(days: Days | null): { from?: string; to?: string } {
  if (days === null) return {};
  const midnight = (day: string) => {
    const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
    return new Date(year, month - 1, date).toISOString();
  };
  return { from: midnight(days.from), to: midnight(addDays(days.to, 1)) };
}

import type { Model } from "@/shared/api/types";
import { currentLocale, type Locale, useLocale } from "@/shared/i18n";

/** Numbers, dates and money as people of one language write them. */
export interface Format {
  locale: Locale;
  /** 1.234.567 */
  integer(value: number): string;
  /** 1,2 mi: for cards and axes, where the exact figure stands beside it or in a tooltip. */
  compact(value: number): string;
  /** 1,2 mi de tokens, 1 token: `compact` with its noun, as the language joins the two. */
  tokens(value: number): string;
  /** 83,4%; `value` is in percent. */
  percent(value: number, digits?: number): string;
  /** +12,3% */
  change(value: number): string;
  /** US$ 1.234,56; four digits below one; `micros` are millionths of the currency. */
  money(micros: number, currency?: string): string;
  /**
   * What something cost: "sem preço" when that is unknown (null), and "≥" before a sum that leaves
   * out `unpriced` requests. In CURRENCY where there is a `local` cost.
   */
  cost(micros: Micros, unpriced?: number | null, local?: LocalCost): string;
  /** The same for a column, with two decimals: less than a cent is "< US$ 0,01". */
  costColumn(micros: Micros, unpriced?: number | null, local?: LocalCost): string;
  /** The same with what a local cost was made of: R$ 12,30 (US$ 2,29, câmbio 5,38 de 01/11). */
  costInFull(micros: Micros, unpriced?: number | null, local?: LocalCost): string;
  /** US$ 2,29, câmbio 5,38 de 01/11; nothing without a local cost. */
  madeOf(micros: Micros, local: LocalCost): string | undefined;
  /** For a title: the exact cost, what it was made of, and what a sum leaves out. */
  costTitle(micros: Micros, unpriced?: number | null, local?: LocalCost): string;
  /** "3 requisições sem preço": what a sum leaves out; nothing when it is whole. */
  unpriced(count: number | null | undefined): string | undefined;
  /** 22 de nov. de 2026 */
  date(value: string | Date): string;
  /** 22/11; Nov 22 */
  shortDate(value: string | Date): string;
  /** 22 de nov. de 2026, 13:05; with its zone where the viewer's is not the periods'. */
  dateTime(value: string | Date): string;
  /** 13:05 */
  shortTime(value: string | Date): string;
  /** 13:05:09 */
  time(value: string | Date): string;
  /** há 5 minutos; from a day on, by the calendar: ontem, anteontem, há 3 dias */
  ago(value: string | Date, now?: Date): string;
  /** 1,4 MB */
  bytes(value: number): string;
  /** 1,24 s or 340 ms */
  milliseconds(value: number): string;
  /** novembro de 2026; `period` is `2026-11`. */
  month(period: string): string;
  /** novembro: where the year goes without saying. */
  monthName(period: string): string;
}

/** A cost in CURRENCY; null where that is USD. */
export type LocalCost = Model<"LocalCostOut"> | null | undefined;
type Micros = number | null | undefined;

const MICROS = 1_000_000;
const MICROS_IN_HALF_CENT = 5_000;
const WORDS = {
  "pt-BR": {
    noPrice: "sem preço",
    requestUnpriced: "requisição sem preço",
    requestsUnpriced: "requisições sem preço",
    rate: (rate: string, since: string) => `câmbio ${rate} de ${since}`,
    meanRate: (rate: string) => `câmbio médio ${rate}`,
  },
  en: {
    noPrice: "no price",
    requestUnpriced: "request without a price",
    requestsUnpriced: "requests without a price",
    rate: (rate: string, since: string) => `rate ${rate} of ${since}`,
    meanRate: (rate: string) => `mean rate ${rate}`,
  },
} satisfies Record<Locale, object>;
/** A day without a time is that day everywhere: it must not slip by the viewer's time zone. */
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function instant(value: string | Date): { date: Date; timeZone?: "UTC" } {
  if (value instanceof Date) return { date: value };
  if (DAY.test(value)) return { date: new Date(`${value}T00:00:00Z`), timeZone: "UTC" };
  return { date: new Date(value) };
}

const made = new Map<Locale, Format>();
let periodZone: string | undefined;

/** The zone in which months and days begin (PERIOD_TIMEZONE); the viewer's while it is unknown. */
export function setPeriodZone(zone: string | undefined): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    periodZone = zone;
  } catch {
    periodZone = undefined; // A zone that this browser does not know.
  }
  made.clear();
}

/** Minutes from UTC of a zone at a moment. */
function offset(date: Date, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    ...(timeZone === undefined ? {} : { timeZone }),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(date);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
  );
  return Math.round((local - date.getTime()) / 60_000);
}

/** Today, or the day of a moment, in the periods' zone: `2026-11-22`. */
export function periodDay(at: Date = new Date()): string {
  return new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...(periodZone === undefined ? {} : { timeZone: periodZone }),
  }).format(at);
}

/** Whether the viewer's clock shows another time than that of the periods. */
function isElsewhere(date: Date): boolean {
  return (
    periodZone !== undefined &&
    !Number.isNaN(date.getTime()) &&
    offset(date, periodZone) !== offset(date, undefined)
  );
}

/** The viewer's calendar day of a moment, as a number that counts days. */
function dayNumber(date: Date): number {
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

/** Portuguese joins a noun to millions and beyond by "de"; thousands and figures take none. */
const OF_TOKENS = /(mi|bi|tri)$/;

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function create(locale: Locale): Format {
  const number = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
  const integer = number({ maximumFractionDigits: 0 });
  const compact = number({ notation: "compact", maximumSignificantDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const moneyFormats = new Map<string, Intl.NumberFormat>();
  const inCurrency = (currency: string, digits: number) => {
    const key = `${currency} ${digits}`;
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const found = moneyFormats.get(key) ?? number({ style: "currency", currency, ...options });
    moneyFormats.set(key, found);
    return found;
  };
  const money = (micros: number, currency = "USD") => {
    const amount = micros / MICROS;
    return inCurrency(currency, amount !== 0 && Math.abs(amount) < 1 ? 4 : 2).format(amount);
  };
  const column = (micros: number, currency = "USD") =>
    micros > 0 && micros < MICROS_IN_HALF_CENT
      ? `< ${inCurrency(currency, 2).format(0.01)}`
      : inCurrency(currency, 2).format(micros / MICROS);
  const costBy =
    (amount: (micros: number, currency?: string) => string) =>
    (micros: Micros, unpriced?: number | null, local?: LocalCost) => {
      if (micros == null) return WORDS[locale].noPrice;
      const text = local ? amount(local.micros, local.currency) : amount(micros);
      return unpriced ? `≥ ${text}` : text;
    };
  const cost = costBy(money);
  const unpricedText = (count: number | null | undefined) =>
    count
      ? `${integer.format(count)} ${WORDS[locale][count === 1 ? "requestUnpriced" : "requestsUnpriced"]}`
      : undefined;
  const rates = number({ minimumFractionDigits: 2, maximumFractionDigits: 4 });
  const madeOf = (micros: Micros, local: LocalCost) => {
    if (micros == null || !local) return undefined;
    if (local.rate === null) return money(micros);
    const rate = rates.format(local.rate);
    const words = WORDS[locale];
    const held = local.rateSince
      ? words.rate(rate, dayOfMonth(local.rateSince))
      : words.meanRate(rate);
    return `${money(micros)}, ${held}`;
  };
  const short = (value: number) => (Math.abs(value) < 10_000 ? integer : compact).format(value);
  const dated = (value: string | Date, options: Intl.DateTimeFormatOptions) => {
    const { date, timeZone } = instant(value);
    return new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options).format(
      date,
    );
  };
  const dayOfMonth = (value: string | Date) =>
    dated(
      value,
      locale === "en" ? { month: "short", day: "numeric" } : { day: "2-digit", month: "2-digit" },
    );
  return {
    locale,
    integer: (value) => integer.format(value),
    compact: short,
    tokens: (value) => {
      const figure = short(value);
      const of = locale === "pt-BR" && OF_TOKENS.test(figure) ? "de " : "";
      return `${figure} ${of}${figure === "1" ? "token" : "tokens"}`;
    },
    percent: (value, digits = 1) =>
      number({ style: "percent", maximumFractionDigits: digits }).format(value / 100),
    change: (value) =>
      number({
        style: "percent",
        maximumFractionDigits: 1,
        signDisplay: "exceptZero",
      }).format(value / 100),
    money,
    cost,
    costColumn: costBy(column),
    costInFull: (micros, unpriced, local) => {
      const made = madeOf(micros, local);
      return `${cost(micros, unpriced, local)}${made ? ` (${made})` : ""}`;
    },
    madeOf,
    costTitle: (micros, unpriced, local) =>
      [cost(micros, unpriced, local), madeOf(micros, local), unpricedText(unpriced)]
        .filter(Boolean)
        .join(" · "),
    unpriced: unpricedText,
    date: (value) => dated(value, { day: "numeric", month: "short", year: "numeric" }),
    shortDate: dayOfMonth,
    dateTime: (value) =>
      dated(value, {
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        ...(isElsewhere(instant(value).date) ? { timeZoneName: "short" } : {}),
      }),
    shortTime: (value) => dated(value, { hour: "numeric", minute: "2-digit" }),
    time: (value) =>
      dated(value, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        ...(isElsewhere(instant(value).date) ? { timeZoneName: "short" } : {}),
      }),
    ago: (value, now = new Date()) => {
      const { date } = instant(value);
      const seconds = (date.getTime() - now.getTime()) / 1000;
      const days = dayNumber(date) - dayNumber(now);
      // Yesterday evening is "14 hours ago" in the morning, and yesterday from then on.
      if (Math.abs(seconds) >= 86_400 || (days !== 0 && Math.abs(seconds) >= 64_800)) {
        const years = date.getFullYear() - now.getFullYear();
        if (Math.abs(days) > 365) return relative.format(years, "year");
        const months = 12 * years + date.getMonth() - now.getMonth();
        return Math.abs(days) > 31
          ? relative.format(months, "month")
          : relative.format(days, "day");
      }
      const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
    bytes: (value) => {
      const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
      const step = Math.min(3, Math.floor(Math.log10(Math.max(value, 1)) / 3));
      return number({
        style: "unit",
        unit: units[step] ?? "byte",
        unitDisplay: "short",
        maximumFractionDigits: step === 0 ? 0 : 1,
      }).format(value / 1000 ** step);
    },
    milliseconds: (value) =>
      value < 1000
        ? `${integer.format(value)} ms`
        : `${number({ maximumFractionDigits: 2 }).format(value / 1000)} s`,
    month: (period) => dated(`${period}-01`, { month: "long", year: "numeric" }),
    monthName: (period) => dated(`${period}-01`, { month: "long" }),
  };
}

/** The formats of a language, made once. */
export function formatFor(locale: Locale): Format {
  const known = made.get(locale) ?? create(locale);
  made.set(locale, known);
  return known;
}

/** The formats of the language shown; the component renders again when it changes. */
export function useFormat(): Format {
  return formatFor(useLocale());
}

/** The same outside components. */
export function format(): Format {
  return formatFor(currentLocale());
}

/** The first day of the month after a period, `2026-12-01` after `2026-11`: the same everywhere. */
export function renewalDay(period: string): string {
  const [year = 0, month = 0] = period.split("-").map(Number);
  const next = month === 12 ? [year + 1, 1] : [year, month + 1];
  return `${next[0]}-${String(next[1]).padStart(2, "0")}-01`;
}

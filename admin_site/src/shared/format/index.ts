import { currentLocale, type Locale, useLocale } from "@/shared/i18n";

/** Numbers, dates and money as people of one language write them. */
export interface Format {
  locale: Locale;
  /** 1.234.567 */
  integer(value: number): string;
  /** 1,2 mi: for cards and axes, where the exact figure stands beside it or in a tooltip. */
  compact(value: number): string;
  /** 83,4 %; `value` is in percent. */
  percent(value: number, digits?: number): string;
  /** +12,3 % */
  change(value: number): string;
  /** US$ 1.234,56; four digits below one dollar; `micros` are millionths of a dollar. */
  money(micros: number): string;
  /**
   * What something cost: "sem preço" when that is unknown (null), and "≥" before a sum that leaves
   * out `unpriced` requests.
   */
  cost(micros: number | null | undefined, unpriced?: number | null): string;
  /** "3 requisições sem preço": what a sum leaves out; nothing when it is whole. */
  unpriced(count: number | null | undefined): string | undefined;
  /** 22 de nov. de 2026 */
  date(value: string | Date): string;
  /** 22/11 */
  shortDate(value: string | Date): string;
  /** 22 de nov. de 2026, 13:05 */
  dateTime(value: string | Date): string;
  /** 13:05 */
  shortTime(value: string | Date): string;
  /** 13:05:09 */
  time(value: string | Date): string;
  /** há 5 minutos */
  ago(value: string | Date, now?: Date): string;
  /** 1,4 MB */
  bytes(value: number): string;
  /** 1,24 s or 340 ms */
  milliseconds(value: number): string;
  /** novembro de 2026; `period` is `2026-11`. */
  month(period: string): string;
}

const MICROS = 1_000_000;
const WORDS = {
  "pt-BR": {
    noPrice: "sem preço",
    requestUnpriced: "requisição sem preço",
    requestsUnpriced: "requisições sem preço",
  },
  en: {
    noPrice: "no price",
    requestUnpriced: "request without a price",
    requestsUnpriced: "requests without a price",
  },
} satisfies Record<Locale, object>;
/** A day without a time is that day everywhere: it must not slip by the viewer's time zone. */
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function instant(value: string | Date): { date: Date; timeZone?: "UTC" } {
  if (value instanceof Date) return { date: value };
  if (DAY.test(value)) return { date: new Date(`${value}T00:00:00Z`), timeZone: "UTC" };
  return { date: new Date(value) };
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function create(locale: Locale): Format {
  const number = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
  const integer = number({ maximumFractionDigits: 0 });
  const compact = number({ notation: "compact", maximumSignificantDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const dollars = (digits: number) =>
    number({
      style: "currency",
      currency: "USD",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  const cents = dollars(2);
  const finer = dollars(4);
  const money = (micros: number) => {
    const amount = micros / MICROS;
    return (amount !== 0 && Math.abs(amount) < 1 ? finer : cents).format(amount);
  };
  const dated = (value: string | Date, options: Intl.DateTimeFormatOptions) => {
    const { date, timeZone } = instant(value);
    return new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options).format(
      date,
    );
  };
  return {
    locale,
    integer: (value) => integer.format(value),
    compact: (value) => (Math.abs(value) < 10_000 ? integer : compact).format(value),
    percent: (value, digits = 1) =>
      number({ style: "percent", maximumFractionDigits: digits }).format(value / 100),
    change: (value) =>
      number({
        style: "percent",
        maximumFractionDigits: 1,
        signDisplay: "exceptZero",
      }).format(value / 100),
    money,
    cost: (micros, unpriced) => {
      if (micros == null) return WORDS[locale].noPrice;
      return unpriced ? `≥ ${money(micros)}` : money(micros);
    },
    unpriced: (count) =>
      count
        ? `${integer.format(count)} ${WORDS[locale][count === 1 ? "requestUnpriced" : "requestsUnpriced"]}`
        : undefined,
    date: (value) => dated(value, { day: "numeric", month: "short", year: "numeric" }),
    shortDate: (value) => dated(value, { day: "2-digit", month: "2-digit" }),
    dateTime: (value) =>
      dated(value, {
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
      }),
    shortTime: (value) => dated(value, { hour: "numeric", minute: "2-digit" }),
    time: (value) => dated(value, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: (value, now = new Date()) => {
      const seconds = (instant(value).date.getTime() - now.getTime()) / 1000;
      const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
      return relative.format(Math.round(seconds / size), unit);
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
  };
}

const made = new Map<Locale, Format>();

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

import type { Model } from "@/shared/api/types";
import { parseTokens } from "@/shared/format/typed";
import type { Group } from "@/shared/groups/data";
import { splitChips } from "@/shared/ui/ChipInput";

export const PLANS = ["trial", "basic", "pro", "enterprise"] as const;
export const MAX_NAME = 80;
export const MAX_COST_CENTER = 40;
export const MAX_PEOPLE = 20;

/** What is typed in the form; an empty text or choice means: as the members' plans have it. */
export interface GroupValues {
  name: string;
  costCenter: string;
  plan: "" | Model<"Plan">;
  monthlyLimit: string;
  dailyLimit: string;
  enforcement: "" | "block" | "warn";
  warning: string;
  critical: string;
  models: string[];
  ceilingTokens: string;
  managers: string[];
  recipients: string[];
  reason: string;
}

export type Problem =
  | "nameNeeded"
  | "tokensNeeded"
  | "dailyNeeded"
  | "percentNeeded"
  | "percentOrder";
export type Problems = Partial<Record<keyof GroupValues, Problem>>;
export type GroupChange = Partial<Omit<Model<"GroupUpdate">, "version" | "reason">>;
export type TermsChange = Partial<Model<"GroupTermsIn">>;

const TERMS = [
  "plan",
  "monthlyLimit",
  "dailyLimit",
  "enforcement",
  "warning",
  "critical",
  "models",
] as const;
const AUTO = /^auto:[1-9]\d{0,3}$/;
/** How people say that there is no daily limit; the first is ours to show. */
const NO_DAILY = ["none", "nenhum", "sem", "sem teto", "no"];
/** Loose, as accents are letters too: the API decides. */
const EMAIL = /^[^@\s,;]+@[^@\s,;]+$/;

export const EMPTY: GroupValues = {
  name: "",
  costCenter: "",
  plan: "",
  monthlyLimit: "",
  dailyLimit: "",
  enforcement: "",
  warning: "",
  critical: "",
  models: [],
  ceilingTokens: "",
  managers: [],
  recipients: [],
  reason: "",
};

/** A group as the form shows it; `none` is the word for no daily limit. */
export function valuesOf(
  group: Group,
  integer: (value: number) => string,
  none: string,
): GroupValues {
  const { dailyLimit: daily } = group;
  return {
    name: group.name,
    costCenter: group.costCenter,
    plan: group.plan ?? "",
    monthlyLimit: group.monthlyLimit === null ? "" : integer(group.monthlyLimit),
    dailyLimit: dailyShown(daily, integer, none) ?? "",
    enforcement: group.enforcement ?? "",
    warning: percents(group.warning),
    critical: percents(group.critical),
    models: [...(group.models ?? [])],
    ceilingTokens: group.ceilingTokens === null ? "" : integer(group.ceilingTokens),
    managers: [...group.managers],
    recipients: [...group.recipients],
    reason: "",
  };
}

/** A daily limit as it is read and typed; null: none is stated. */
export function dailyShown(
  daily: string | null,
  integer: (value: number) => string,
  none: string,
): string | null {
  if (daily === null) return null;
  if (daily === "none") return none;
  return /^\d+$/.test(daily) ? integer(Number(daily)) : daily;
}

/**
 * What differs from the group as it is (`group` null: from an empty one), as the API takes it, the
 * part of it that members notice, and what is wrong.
 */
export function readGroup(
  group: Group | null,
  values: GroupValues,
): { change: GroupChange; terms: TermsChange; problems: Problems } {
  const problems: Problems = {};
  const wrong = (field: keyof GroupValues, problem: Problem) => {
    problems[field] = problem;
    return null;
  };
  const name = values.name.trim();
  if (name === "") wrong("name", "nameNeeded");
  const wanted = {
    name,
    costCenter: values.costCenter.trim(),
    plan: values.plan || null,
    monthlyLimit: tokens(values.monthlyLimit, () => wrong("monthlyLimit", "tokensNeeded")),
    dailyLimit: daily(values.dailyLimit, () => wrong("dailyLimit", "dailyNeeded")),
    enforcement: values.enforcement || null,
    warning: part(values.warning, () => wrong("warning", "percentNeeded")),
    critical: part(values.critical, () => wrong("critical", "percentNeeded")),
    models: values.models.length > 0 ? values.models : null,
    ceilingTokens: tokens(values.ceilingTokens, () => wrong("ceilingTokens", "tokensNeeded")),
    managers: values.managers,
    recipients: values.recipients,
  };
  if (wanted.warning !== null && wanted.critical !== null && wanted.warning >= wanted.critical) {
    wrong("critical", "percentOrder");
  }
  const change: Record<string, unknown> = {};
  const known: typeof wanted = group ?? BLANK;
  for (const [field, value] of Object.entries(wanted)) {
    const before = known[field as keyof typeof wanted];
    if (JSON.stringify(value) !== JSON.stringify(before)) change[field] = value;
  }
  const terms = Object.fromEntries(
    TERMS.filter((field) => field in change).map((field) => [field, change[field]]),
  );
  return { change: change as GroupChange, terms: terms as TermsChange, problems };
}

const BLANK = {
  name: "",
  costCenter: "",
  plan: null,
  monthlyLimit: null,
  dailyLimit: null,
  enforcement: null,
  warning: null,
  critical: null,
  models: null,
  ceilingTokens: null,
  managers: [],
  recipients: [],
};

/** Adds addresses, each once; `rest` is what is none. */
export function addPeople(
  people: readonly string[],
  text: string,
): { chips: string[]; rest: string } {
  const all = splitChips(text).map((one) => one.toLowerCase());
  const fitting = all.filter((one) => EMAIL.test(one) && one.length <= 254);
  return {
    chips: [...new Set([...people, ...fitting])].slice(0, MAX_PEOPLE),
    rest: all.filter((one) => !fitting.includes(one)).join(", "),
  };
}

function tokens(text: string, wrong: () => null): number | null {
  if (text.trim() === "") return null;
  const found = parseTokens(text);
  return found === null || found < 0 ? wrong() : found;
}

function daily(text: string, wrong: () => null): string | null {
  const typed = text.trim().toLowerCase();
  if (typed === "") return null;
  if (NO_DAILY.includes(typed)) return "none";
  if (AUTO.test(typed)) return typed;
  const found = parseTokens(typed);
  return found === null || found <= 0 ? wrong() : String(found);
}

function part(text: string, wrong: () => null): number | null {
  const typed = text.trim().replace("%", "").trim().replace(",", ".");
  if (typed === "") return null;
  const value = Number(typed);
  return value >= 1 && value <= 100 ? Math.round(value * 10_000) / 1_000_000 : wrong();
}

function percents(value: number | null): string {
  return value === null ? "" : String(Math.round(value * 1_000_000) / 10_000);
}

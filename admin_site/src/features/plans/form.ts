import { parseTokens } from "@/shared/format/typed";
import type { PlanChange, PlanDetail } from "./data";

/** What is typed in the form; an empty text means: as the settings have it. */
export interface PlanValues {
  monthlyLimit: string;
  enforcement: "block" | "warn";
  warning: string;
  critical: string;
  ratePerSecond: string;
  rateBurst: string;
  reason: string;
}

export type Problem = "tokensNeeded" | "percentNeeded" | "numberNeeded";
export type Problems = Partial<Record<keyof PlanValues, Problem>>;

export function valuesOf(plan: PlanDetail, integer: (value: number) => string): PlanValues {
  return {
    monthlyLimit: integer(plan.monthlyLimit),
    enforcement: plan.enforcement,
    warning: percents(plan.warning),
    critical: percents(plan.critical),
    ratePerSecond: plan.ratePerSecond === null ? "" : String(plan.ratePerSecond),
    rateBurst: plan.rateBurst === null ? "" : String(plan.rateBurst),
    reason: "",
  };
}

/** What differs from the plan as it is, as the API takes it; or what is wrong with it. */
export function readPlan(
  plan: PlanDetail,
  values: PlanValues,
): { change: PlanChange; problems: Problems } {
  const problems: Problems = {};
  const wrong = (field: keyof PlanValues, problem: Problem) => {
    problems[field] = problem;
    return null;
  };
  const limit = values.monthlyLimit.trim() === "" ? null : parseTokens(values.monthlyLimit);
  if (limit !== null ? limit < 0 : values.monthlyLimit.trim() !== "") {
    wrong("monthlyLimit", "tokensNeeded");
  }
  const wanted = {
    monthlyLimit: limit,
    enforcement: values.enforcement,
    warning: part(values.warning, () => wrong("warning", "percentNeeded")),
    critical: part(values.critical, () => wrong("critical", "percentNeeded")),
    ratePerSecond: figure(values.ratePerSecond, () => wrong("ratePerSecond", "numberNeeded")),
    rateBurst: figure(values.rateBurst, () => wrong("rateBurst", "numberNeeded")),
  };
  const change: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const before = plan[name as keyof typeof wanted];
    const after = name === "monthlyLimit" ? (value ?? plan.environmentLimit) : value;
    if (after !== before) change[name] = value;
  }
  return { change: change as PlanChange, problems };
}

function part(text: string, wrong: () => null): number | null {
  const typed = text.trim().replace("%", "").trim().replace(",", ".");
  if (typed === "") return null;
  const value = Number(typed);
  return value >= 1 && value <= 100 ? Math.round(value * 10_000) / 1_000_000 : wrong();
}

function figure(text: string, wrong: () => null): number | null {
  const typed = text.trim().replace(",", ".");
  if (typed === "") return null;
  const value = Number(typed);
  return value > 0 && Number.isFinite(value) ? value : wrong();
}

function percents(value: number | null): string {
  return value === null ? "" : String(Math.round(value * 1_000_000) / 10_000);
}

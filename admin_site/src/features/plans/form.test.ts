import { expect, it } from "vitest";
import type { PlanDetail } from "./data";
import { readPlan, valuesOf } from "./form";

const BASIC: PlanDetail = {
  plan: "basic",
  monthlyLimit: 1_000_000,
  environmentLimit: 1_000_000,
  enforcement: "block",
  warning: null,
  critical: 0.955,
  ratePerSecond: 5,
  rateBurst: 20,
  users: 134,
  usersWithPlanLimit: 120,
  usersWithOwnLimit: 14,
  usersWithDefaultLimit: 0,
};
const integer = (value: number) => value.toLocaleString("pt-BR");

it("asks for nothing when nothing was changed", () => {
  const values = valuesOf(BASIC, integer);
  expect(values).toMatchObject({ monthlyLimit: "1.000.000", warning: "", critical: "95.5" });
  expect(readPlan(BASIC, values)).toEqual({ change: {}, problems: {} });
});

it("reads what people type, and only what differs", () => {
  const values = {
    ...valuesOf(BASIC, integer),
    monthlyLimit: "2,5 mi",
    enforcement: "warn",
    warning: "80 %",
  } as const;
  expect(readPlan(BASIC, values).change).toEqual({
    monthlyLimit: 2_500_000,
    enforcement: "warn",
    warning: 0.8,
  });
});

it("goes back to the settings where a field is emptied", () => {
  const values = { ...valuesOf(BASIC, integer), critical: "", ratePerSecond: "", rateBurst: "" };
  expect(readPlan(BASIC, values).change).toEqual({
    critical: null,
    ratePerSecond: null,
    rateBurst: null,
  });
  const raised = { ...BASIC, monthlyLimit: 2_000_000 };
  const emptied = { ...valuesOf(raised, integer), monthlyLimit: "" };
  expect(readPlan(raised, emptied).change).toEqual({ monthlyLimit: null });
  expect(readPlan(BASIC, { ...valuesOf(BASIC, integer), monthlyLimit: "" }).change).toEqual({});
});

it("names what cannot be read", () => {
  const values = {
    ...valuesOf(BASIC, integer),
    monthlyLimit: "-5",
    warning: "0.8",
    critical: "101",
    ratePerSecond: "fast",
    rateBurst: "0",
  };
  expect(readPlan(BASIC, values).problems).toEqual({
    monthlyLimit: "tokensNeeded",
    warning: "percentNeeded",
    critical: "percentNeeded",
    ratePerSecond: "numberNeeded",
    rateBurst: "numberNeeded",
  });
});

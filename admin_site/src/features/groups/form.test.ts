import { expect, it } from "vitest";
import { addPeople, EMPTY, readGroup, valuesOf } from "./form";
import { someGroup } from "./testing";

const integer = (value: number) => value.toLocaleString("pt-BR");
const VENDAS = someGroup({
  monthlyLimit: 2_000_000,
  dailyLimit: "none",
  warning: 0.8,
  models: ["demo-*"],
  managers: ["chefe@example.com"],
});
const values = (change: object) => ({ ...valuesOf(VENDAS, integer, "nenhum"), ...change });

it("asks for nothing when nothing was changed", () => {
  expect(values({})).toMatchObject({
    monthlyLimit: "2.000.000",
    dailyLimit: "nenhum",
    warning: "80",
    plan: "",
  });
  expect(readGroup(VENDAS, values({}))).toEqual({ change: {}, terms: {}, problems: {} });
});

it("reads what people type, and tells what members notice of it from the rest", () => {
  const { change, terms } = readGroup(
    VENDAS,
    values({
      name: " Vendas Sul ",
      monthlyLimit: "2,5 mi",
      dailyLimit: "50 mil",
      plan: "pro",
      critical: "95 %",
      ceilingTokens: "9 mi",
      managers: [],
    }),
  );
  expect(terms).toEqual({
    monthlyLimit: 2_500_000,
    dailyLimit: "50000",
    plan: "pro",
    critical: 0.95,
  });
  expect(change).toEqual({ ...terms, name: "Vendas Sul", ceilingTokens: 9_000_000, managers: [] });
});

it("goes back to the plans where a field is emptied", () => {
  const emptied = { monthlyLimit: "", dailyLimit: " ", warning: "", models: [] };
  expect(readGroup(VENDAS, values(emptied)).terms).toEqual({
    monthlyLimit: null,
    dailyLimit: null,
    warning: null,
    models: null,
  });
});

it("makes a group of what is stated alone", () => {
  const { change, problems } = readGroup(null, { ...EMPTY, name: "Ensino", dailyLimit: "Auto:25" });
  expect(change).toEqual({ name: "Ensino", dailyLimit: "auto:25" });
  expect(problems).toEqual({});
});

it("names what cannot be read", () => {
  const wrong = {
    name: "  ",
    monthlyLimit: "-5",
    dailyLimit: "0",
    warning: "101",
    ceilingTokens: "muito",
  };
  expect(readGroup(VENDAS, values(wrong)).problems).toEqual({
    name: "nameNeeded",
    monthlyLimit: "tokensNeeded",
    dailyLimit: "dailyNeeded",
    warning: "percentNeeded",
    ceilingTokens: "tokensNeeded",
  });
  expect(readGroup(VENDAS, values({ critical: "80" })).problems).toEqual({
    critical: "percentOrder",
  });
});

it("takes addresses once, twenty at most, and leaves what is none in the box", () => {
  expect(addPeople(["a@x.com"], "A@x.com, b@x.com; chefe")).toEqual({
    chips: ["a@x.com", "b@x.com"],
    rest: "chefe",
  });
  const many = Array.from({ length: 30 }, (_, n) => `p${n}@x.com`).join(",");
  expect(addPeople([], many).chips).toHaveLength(20);
});

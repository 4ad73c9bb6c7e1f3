import { describe, expect, it } from "vitest";
import {
  type Entry,
  isSame,
  ordered,
  parseTimes,
  valuesOf,
  type WeightValues,
  weightSchema,
  withEntry,
  without,
} from "./form";

const entry = (name: string, prompt: number, completion = prompt, cached: number | null = null) =>
  ({ name, weight: { prompt, completion, cached }, auto: null }) satisfies Entry;
const BY_PRICE: Entry = { name: "*", weight: null, auto: "gpt-4o-mini" };
const ENTRIES: Entry[] = [entry("gpt-5*", 5), entry("o3", 2, 8, 0.5), BY_PRICE, entry("llama*", 0)];
const comma = (value: number) => String(value).replace(".", ",");
const NEW = valuesOf("o4", null, comma);

describe("how many times", () => {
  it.each([
    ["5", 5],
    [" 0,5 ", 0.5],
    ["0.125", 0.125],
    [",25", 0.25],
    ["5×", 5],
    ["2 x", 2],
    ["0", 0],
    ["1000", 1000],
    ["1000,1", null],
    ["1001", null],
    ["0,0001", null],
    ["1,2,3", null],
    ["1.000,5", null],
    ["-1", null],
    ["1e2", null],
    ["cinco", null],
    ["", null],
  ])("is read from %j", (text, value) => {
    expect(parseTimes(text)).toBe(value);
  });
});

describe("the form of a weight", () => {
  const wrong = (change: Partial<WeightValues>, taken: string[] = []) => {
    const parsed = weightSchema(taken).safeParse({ ...NEW, one: "2", ...change });
    return parsed.success
      ? []
      : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  };

  it("asks for what its kind needs, and for nothing else", () => {
    expect(wrong({})).toEqual([]);
    expect(wrong({ one: "muito" })).toEqual(["one: timesWrong"]);
    expect(wrong({ kind: "free", one: "muito" })).toEqual([]);
    expect(wrong({ kind: "parts" })).toEqual(["prompt: timesWrong", "completion: timesWrong"]);
    expect(wrong({ kind: "parts", prompt: "2", completion: "8,5" })).toEqual([]);
    expect(wrong({ kind: "parts", prompt: "2", completion: "8", cached: "x" })).toEqual([
      "cached: timesWrong",
    ]);
    expect(wrong({ kind: "auto", reference: " " })).toEqual(["reference: referenceNeeded"]);
  });

  it("takes a name, its beginning or all others, once", () => {
    expect(wrong({ name: "*" })).toEqual([]);
    expect(wrong({ name: "gpt-5*" })).toEqual([]);
    expect(wrong({ name: " " })).toEqual(["name: nameNeeded"]);
    expect(wrong({ name: "g*t" })).toEqual(["name: nameWrong"]);
    expect(wrong({ name: " O3 " }, ["o3"])).toEqual(["name: nameTaken"]);
  });

  it("says again what is written, whatever its kind", () => {
    const sent = {
      "gpt-5*": 5,
      o3: { prompt: 2, completion: 8, cached: 0.5 },
      "*": "auto:gpt-4o-mini",
      "llama*": 0,
    };
    for (const one of ENTRIES) {
      expect(withEntry(ENTRIES, one.name, valuesOf(one.name, one, comma))).toEqual(sent);
    }
    const kinds = ENTRIES.map((one) => valuesOf(one.name, one, comma).kind);
    expect(kinds).toEqual(["all", "parts", "auto", "free"]);
    expect(valuesOf("o3", ENTRIES[1] ?? null, comma)).toMatchObject({
      prompt: "2",
      completion: "8",
      cached: "0,5",
    });
  });
});

describe("a table", () => {
  it("gets a new entry at its end, and an edited one in its place, by another name too", () => {
    const added = withEntry([entry("o3", 2)], null, { ...NEW, name: " GPT-6 ", one: "0,5" });
    expect(Object.entries(added)).toEqual([
      ["o3", 2],
      ["gpt-6", 0.5],
    ]);
    const renamed = withEntry([entry("o3", 2), entry("x", 1)], "o3", {
      ...NEW,
      kind: "parts",
      prompt: "2",
      completion: "8",
    });
    expect(Object.entries(renamed)).toEqual([
      ["o4", { prompt: 2, completion: 8 }],
      ["x", 1],
    ]);
  });

  it("keeps an entry that somebody else has removed meanwhile", () => {
    expect(withEntry([], "o3", { ...NEW, name: "o3", one: "2" })).toEqual({ o3: 2 });
  });

  it("loses one, and lists all others last", () => {
    expect(without(ENTRIES, "gpt-5*")).not.toHaveProperty("gpt-5*");
    expect(ordered(ENTRIES).map((one) => one.name)).toEqual(["gpt-5*", "llama*", "o3", "*"]);
  });

  it("tells whether an entry is another", () => {
    expect(isSame(entry("o3", 2), entry("o3", 2))).toBe(true);
    expect(isSame(entry("o3", 2), entry("o3", 2, 2, 2))).toBe(false);
    expect(isSame(null, entry("o3", 2))).toBe(false);
    expect(isSame(null, null)).toBe(true);
  });
});

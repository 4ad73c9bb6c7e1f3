import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import type { Weight } from "@/shared/weights/words";

export type Table = Model<"WeightsOut">;
export type Entry = Model<"WeightEntryOut">;
/** A table as it is sent. */
export type Wire = Model<"WeightsIn">["weights"];

export const KINDS = ["all", "parts", "auto", "free"] as const;
export const EVERY_OTHER = "*";
const AUTO = "auto:";
const MOST_TIMES = 1_000;
const MAX_CHARACTERS = 200;
export const MAX_REASON = 500;
/** A model's name, or its beginning and `*`. */
const NAME = /^[^*]*\*?$/;
const TIMES = /^(\d{1,4}([.,]\d{1,3})?|[.,]\d{1,3})$/;

/** "0,5" and "0.5" alike: 0 to 1000, three decimals at most; null for anything else. */
export function parseTimes(text: string): number | null {
  const trimmed = text.trim().replace(/\s*[×x]$/i, "");
  if (!TIMES.test(trimmed)) return null;
  const value = Number(trimmed.replace(",", "."));
  return value <= MOST_TIMES ? value : null;
}

/** As the server keeps a name. */
export function nameOf(text: string): string {
  return text.trim().toLowerCase();
}

const fields = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, "nameNeeded"),
      z.maxLength(MAX_CHARACTERS, "nameTooLong"),
      z.regex(NAME, "nameWrong"),
    ),
  kind: z.enum(KINDS),
  one: z.string(),
  prompt: z.string(),
  completion: z.string(),
  /** Empty: as the settings say. */
  cached: z.string(),
  reference: z.string().check(z.trim(), z.maxLength(MAX_CHARACTERS, "nameTooLong")),
  reason: z.string().check(z.trim(), z.maxLength(MAX_REASON, "reasonTooLong")),
});

export type WeightValues = z.infer<typeof fields>;

/** Messages are keys of texts.ts; `taken` are the names that other entries have. */
export function weightSchema(taken: readonly string[]) {
  const times = (field: "one" | "prompt" | "completion", kind: WeightValues["kind"]) =>
    z.refine<WeightValues>((weight) => weight.kind !== kind || parseTimes(weight[field]) !== null, {
      path: [field],
      error: "timesWrong",
    });
  return fields.check(
    z.refine((weight) => !taken.includes(nameOf(weight.name)), {
      path: ["name"],
      error: "nameTaken",
    }),
    times("one", "all"),
    times("prompt", "parts"),
    times("completion", "parts"),
    z.refine(
      ({ kind, cached }) => kind !== "parts" || cached.trim() === "" || parseTimes(cached) !== null,
      { path: ["cached"], error: "timesWrong" },
    ),
    z.refine(({ kind, reference }) => kind !== "auto" || reference.trim() !== "", {
      path: ["reference"],
      error: "referenceNeeded",
    }),
  );
}

const EMPTY: WeightValues = {
  name: "",
  kind: "all",
  one: "",
  prompt: "",
  completion: "",
  cached: "",
  reference: "",
  reason: "",
};

/** The form for a name, with what is written for it. `decimal` writes a number as it is typed. */
export function valuesOf(
  name: string,
  entry: Entry | null,
  decimal: (value: number) => string,
): WeightValues {
  const empty = { ...EMPTY, name };
  if (entry === null) return empty;
  const { auto, weight } = entry;
  if (auto !== null || weight === null) return { ...empty, kind: "auto", reference: auto ?? "" };
  const { prompt, completion, cached = null } = weight;
  if (cached === null && prompt === completion) {
    return prompt === 0 ? { ...empty, kind: "free" } : { ...empty, one: decimal(prompt) };
  }
  return {
    ...empty,
    kind: "parts",
    prompt: decimal(prompt),
    completion: decimal(completion),
    cached: cached === null ? "" : decimal(cached),
  };
}

/** What the form says, as it is sent. The form is right: weightSchema has seen it. */
function toWire(values: WeightValues): Wire[string] {
  const times = (text: string) => parseTimes(text) ?? 0;
  switch (values.kind) {
    case "free":
      return 0;
    case "all":
      return times(values.one);
    case "auto":
      return AUTO + values.reference.trim();
    default: {
      const parts = { prompt: times(values.prompt), completion: times(values.completion) };
      return values.cached.trim() === "" ? parts : { ...parts, cached: times(values.cached) };
    }
  }
}

function entryToWire({ auto, weight }: Entry): Wire[string] {
  if (auto !== null || weight === null) return AUTO + auto;
  const { prompt, completion, cached = null } = weight;
  if (cached !== null) return { prompt, completion, cached };
  return prompt === completion ? prompt : { prompt, completion };
}

/** A table as it is, to be sent. */
export function wireOf(entries: readonly Entry[]): Wire {
  return Object.fromEntries(entries.map((entry) => [entry.name, entryToWire(entry)]));
}

/** The table with one entry as the form says; `was` is the name that it had, null for a new one. */
export function withEntry(
  entries: readonly Entry[],
  was: string | null,
  values: WeightValues,
): Wire {
  const own = [nameOf(values.name), toWire(values)] as const;
  const isThere = entries.some((entry) => entry.name === was);
  const all = entries.map((entry) =>
    entry.name === was ? own : ([entry.name, entryToWire(entry)] as const),
  );
  return Object.fromEntries(isThere ? all : [...all, own]);
}

/** The table without one entry. */
export function without(entries: readonly Entry[], name: string): Wire {
  return wireOf(entries.filter((entry) => entry.name !== name));
}

/** By name, and the rule for all others at the end. */
export function ordered(entries: readonly Entry[]): Entry[] {
  const key = ({ name }: Entry) => (name === EVERY_OTHER ? "\uffff" : name);
  return [...entries].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** Whether two entries say the same. */
export function isSame(one: Entry | null, other: Entry | null): boolean {
  const plain = (entry: Entry | null) => entry && JSON.stringify(entryToWire(entry));
  return plain(one) === plain(other);
}

/** What the weight of an entry is, where it is a number. */
export function statedWeight(entry: Entry): Weight | null {
  return entry.auto === null ? entry.weight : null;
}

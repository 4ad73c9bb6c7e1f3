import { z } from "zod/mini";
import type { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { KINDS } from "./search";

export const PRESET_DAYS = ["30", "90", "180", "365"] as const;
export const EXPIRIES = [...PRESET_DAYS, "never", "date", "keep"] as const;
export type Expiry = (typeof EXPIRIES)[number];

const MAX_RATE = 10_000;
const MIN_RATE = 0.01;
const MAX_BURST = 100_000;
const DAY_MILLISECONDS = 86_400_000;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** "0,5" and "0.5" alike; NaN for anything that is no number, null for nothing. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  return trimmed === "" ? null : Number(trimmed);
}

/** The last moment of a day of the calendar, where the admin is. */
export function endOfDay(day: string): Date {
  return new Date(`${day}T23:59:59`);
}

/** Messages are keys of texts.ts. */
export const keySchema = z
  .object({
    kind: z.enum(KINDS),
    name: z.string().check(z.trim(), z.minLength(1, "nameNeeded"), z.maxLength(200, "nameTooLong")),
    userEmail: z.string().check(z.trim()),
    /** The address of an unknown person that is meant so. */
    newUser: z.string(),
    expiry: z.enum(EXPIRIES),
    expiryDate: z.string(),
    models: z.array(z.string()),
    rate: z.string(),
    burst: z.string(),
  })
  .check(
    z.refine((key) => key.kind === "service" || EMAIL.test(key.userEmail), {
      path: ["userEmail"],
      error: "emailNeeded",
    }),
    z.refine((key) => key.expiry !== "date" || endOfDay(key.expiryDate).getTime() > Date.now(), {
      path: ["expiryDate"],
      error: "dateNeeded",
    }),
    z.refine((key) => isWithin(parseNumber(key.rate), MIN_RATE, MAX_RATE), {
      path: ["rate"],
      error: "rateWrong",
    }),
    z.refine(
      (key) => {
        const burst = parseNumber(key.burst);
        return isWithin(burst, 1, MAX_BURST) && (burst === null || Number.isInteger(burst));
      },
      { path: ["burst"], error: "burstWrong" },
    ),
    z.refine((key) => parseNumber(key.burst) === null || parseNumber(key.rate) !== null, {
      path: ["burst"],
      error: "burstNeedsRate",
    }),
  );

export type KeyValues = z.infer<typeof keySchema>;

function isWithin(value: number | null, least: number, most: number): boolean {
  return value === null || (value >= least && value <= most);
}

export const NEW_KEY: KeyValues = {
  kind: "service",
  name: "",
  userEmail: "",
  newUser: "",
  expiry: "365",
  expiryDate: "",
  models: [],
  rate: "",
  burst: "",
};

/** The form for a key that there is. `decimal` writes a number as it is typed in the language. */
export function valuesOf(key: Model<"KeyOut">, decimal: (value: number) => string): KeyValues {
  return {
    kind: key.kind,
    name: key.name,
    userEmail: key.userEmail ?? "",
    newUser: "",
    expiry: key.expiresAt === null ? "never" : "keep",
    expiryDate: "",
    models: [...(key.allowedModels ?? [])],
    rate: key.rateLimitPerSecond === null ? "" : decimal(key.rateLimitPerSecond),
    burst: key.rateLimitBurst === null ? "" : String(key.rateLimitBurst),
  };
}

/** The request that makes the key. */
export function toCreate(values: KeyValues): Model<"KeyCreate"> {
  const days = PRESET_DAYS.find((preset) => preset === values.expiry);
  return {
    kind: values.kind,
    name: values.name.trim(),
    ...(values.kind === "personal"
      ? {
          userEmail: values.userEmail.trim(),
          ...(values.newUser === values.userEmail.trim() ? { newUser: true } : {}),
        }
      : {}),
    ...(days ? { expiresInDays: Number(days) } : {}),
    ...(values.expiry === "date" ? { expiresAt: endOfDay(values.expiryDate).toISOString() } : {}),
    ...terms(values),
  };
}

function terms(values: KeyValues) {
  const rate = parseNumber(values.rate);
  return {
    allowedModels: values.models.length > 0 ? values.models : null,
    rateLimitPerSecond: rate,
    rateLimitBurst: rate === null ? null : parseNumber(values.burst),
  };
}

/** The request that changes the key: only what is different, so that nobody else's edit is undone. */
export function toUpdate(
  key: Model<"KeyOut">,
  values: KeyValues,
  now = new Date(),
): Model<"KeyUpdate"> {
  const next = terms(values);
  const expiresAt = newExpiry(key.expiresAt, values, now);
  const hasOtherModels =
    JSON.stringify(next.allowedModels) !== JSON.stringify(key.allowedModels ?? null);
  const hasOtherRate =
    next.rateLimitPerSecond !== key.rateLimitPerSecond ||
    next.rateLimitBurst !== key.rateLimitBurst;
  return {
    ...(values.name.trim() === key.name ? {} : { name: values.name.trim() }),
    ...(expiresAt === key.expiresAt ? {} : { expiresAt }),
    ...(hasOtherModels ? { allowedModels: next.allowedModels } : {}),
    ...(hasOtherRate
      ? { rateLimitPerSecond: next.rateLimitPerSecond, rateLimitBurst: next.rateLimitBurst }
      : {}),
  };
}

function newExpiry(before: string | null, values: KeyValues, now: Date): string | null {
  if (values.expiry === "keep") return before;
  if (values.expiry === "never") return null;
  if (values.expiry === "date") return endOfDay(values.expiryDate).toISOString();
  return new Date(now.getTime() + Number(values.expiry) * DAY_MILLISECONDS).toISOString();
}

/** The request that takes a change back: the key's earlier terms, of what was changed. */
export function toUndo(key: Model<"KeyOut">, update: Model<"KeyUpdate">): Model<"KeyUpdate"> {
  return {
    ...("name" in update ? { name: key.name } : {}),
    ...("expiresAt" in update ? { expiresAt: key.expiresAt } : {}),
    ...("allowedModels" in update ? { allowedModels: key.allowedModels } : {}),
    ...("rateLimitPerSecond" in update
      ? { rateLimitPerSecond: key.rateLimitPerSecond, rateLimitBurst: key.rateLimitBurst }
      : {}),
  };
}

const FIELDS: Record<string, keyof KeyValues> = {
  name: "name",
  userEmail: "userEmail",
  expiresAt: "expiry",
  expiresInDays: "expiry",
  allowedModels: "models",
  rateLimitPerSecond: "rate",
  rateLimitBurst: "burst",
};

/** Which inputs a refusal is about; a list's item (`allowedModels.0`) is about the list. */
export function fieldErrors(error: ApiError): { field: keyof KeyValues; message: string }[] {
  return error.fields.flatMap(({ field, message }) => {
    const known = FIELDS[field.split(".")[0] ?? ""];
    return known ? [{ field: known, message }] : [];
  });
}

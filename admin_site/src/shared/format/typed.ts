const UNITS: Record<string, number> = {
  "": 1,
  mil: 1e3,
  k: 1e3,
  m: 1e6,
  mi: 1e6,
  milhão: 1e6,
  milhões: 1e6,
  b: 1e9,
  bi: 1e9,
};

/** The most that the API takes as a limit or a grant. */
export const MAX_TOKENS = 1e12;

/**
 * A number of tokens as people type it: `500000`, `500.000`, `500,000`, `500 mil`, `1,5 mi`, `-2k`.
 *
 * Without a unit, dots and commas only group; with one, the last of them is the decimal sign. null:
 * not a whole number of tokens.
 */
export function parseTokens(text: string): number | null {
  const compact = text.toLowerCase().replace(/[\s\u00a0]/g, "");
  const match = /^([+\-−]?)(\d[\d.,]*)([a-zãõ]*)$/.exec(compact);
  if (match === null) return null;
  const [, sign, digits = "", word = ""] = match;
  const unit = UNITS[word];
  const value = unit === undefined ? null : unit === 1 ? grouped(digits) : decimal(digits, unit);
  if (value === null || !Number.isSafeInteger(value)) return null;
  return sign === "-" || sign === "−" ? -value : value;
}

function grouped(digits: string): number | null {
  if (!/^\d+$|^\d{1,3}(\.\d{3})+$|^\d{1,3}(,\d{3})+$/.test(digits)) return null;
  return Number(digits.replace(/[.,]/g, ""));
}

function decimal(digits: string, unit: number): number | null {
  if (!/^\d+([.,]\d{1,3})?$/.test(digits)) return null;
  return Math.round(Number(digits.replace(",", ".")) * unit);
}

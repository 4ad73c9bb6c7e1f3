import { splitChips } from "@/shared/ui/ChipInput";

/** The API's rule: a name without `*` or white space at its beginning, or its beginning and `*`. */
const PATTERN = /^(\*|[^*\s][^*]*\*?)$/;
const MAX_CHARACTERS = 200;
const MAX_PATTERNS = 100;

export function isPattern(text: string): boolean {
  return text.length <= MAX_CHARACTERS && PATTERN.test(text);
}

/** Adds what is new and well-formed; `rest` is what is not, for the box to keep. */
export function addPatterns(
  patterns: readonly string[],
  text: string,
): { chips: string[]; rest: string } {
  const all = splitChips(text);
  const fitting = all.filter(isPattern);
  return {
    chips: [...new Set([...patterns, ...fitting])].slice(0, MAX_PATTERNS),
    rest: all.filter((part) => !isPattern(part)).join(", "),
  };
}

/** Whether a model's name is let in already. */
export function isCovered(patterns: readonly string[], model: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? model.startsWith(pattern.slice(0, -1)) : pattern === model,
  );
}

import type { Model } from "@/shared/api/types";

/** The API's limits. */
export const MAX_LINES = 1_000;
export const MAX_BYTES = 1_048_576;
/** Lines a call of the real run: small enough to show progress. */
const PORTION_LINES = 100;

/** A file, read as UTF-8 or, when it is none, as what Excel writes in Brazil. */
export function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export interface Portion {
  csv: string;
  /** The file's line numbers of the portion's lines, in order; null: the file's own. */
  lines: number[] | null;
}

/**
 * What the real run sends: the lines that the preview would create or change, a hundred a call.
 *
 * A quoted cell may hold a line break; such a file goes in one piece, and the API reads it.
 */
export function portionsOf(
  csv: string,
  preview: Model<"ImportResults">,
  size = PORTION_LINES,
): Portion[] {
  if (csv.includes('"')) return [{ csv, lines: null }];
  const lines = csv.split(/\r\n|\n|\r/);
  const header = lines[0] ?? "";
  const wanted = preview.results
    .filter((one) => one.action === "create" || one.action === "update")
    .map((one) => one.line);
  const parts: Portion[] = [];
  for (let from = 0; from < wanted.length; from += size) {
    const numbers = wanted.slice(from, from + size);
    const body = numbers.map((number) => lines[number - 1] ?? "");
    parts.push({ csv: [header, ...body].join("\n"), lines: numbers });
  }
  return parts;
}

/** A portion's answer with the file's line numbers. */
export function renumbered(
  answer: Model<"ImportResults">,
  portion: Portion,
): Model<"ImportLineOut">[] {
  return answer.results.map((one) => ({
    ...one,
    line: portion.lines?.[one.line - 2] ?? one.line,
  }));
}

/** The lines of all portions as one result. */
export function summed(results: Model<"ImportLineOut">[]): Model<"ImportResults"> {
  const count = (action: Model<"ImportAction">) =>
    results.filter((one) => one.action === action).length;
  return {
    dryRun: false,
    results,
    created: count("create"),
    updated: count("update"),
    unchanged: count("unchanged"),
    failed: count("error"),
  };
}

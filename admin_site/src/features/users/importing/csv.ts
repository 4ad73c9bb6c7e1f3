import type { Model } from "@/shared/api/types";

/** The API's limits. */
export const MAX_LINES = 10_000;
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

/** What Excel may write before the header: `sep=;`. */
const SEPARATOR = /^"?sep=[;,\t]"?\s*$/i;

export interface Portion {
  csv: string;
  /** The file's line numbers of the portion's lines, in order. */
  lines: number[];
}

/**
 * What the real run sends: the lines that the preview would create or change, a hundred a call.
 *
 * A quoted cell may hold a line break: lines are parted outside quotes, and numbered by their first.
 */
export function portionsOf(
  csv: string,
  preview: Model<"ImportResults">,
  size = PORTION_LINES,
): Portion[] {
  const lines = recordsOf(csv.replace(/^\ufeff/, ""));
  const first = SEPARATOR.test(lines.get(1) ?? "") ? 2 : 1;
  const header = Array.from({ length: first }, (_, index) => lines.get(index + 1) ?? "");
  const wanted = preview.results
    .filter((one) => one.action === "create" || one.action === "update")
    .map((one) => one.line);
  const parts: Portion[] = [];
  for (let from = 0; from < wanted.length; from += size) {
    const numbers = wanted.slice(from, from + size);
    const body = numbers.map((number) => lines.get(number) ?? "");
    parts.push({ csv: [...header, ...body].join("\n"), lines: numbers });
  }
  return parts;
}

/** The records of a file by the number of the line in which each begins. */
function recordsOf(csv: string): Map<number, string> {
  const records = new Map<number, string>();
  const lines = csv.split(/\r\n|\n|\r/);
  let open: string[] = [];
  lines.forEach((line, index) => {
    open.push(line);
    const record = open.join("\n");
    // An even number of quotes: the last cell is closed.
    if (record.split('"').length % 2 === 1 || index === lines.length - 1) {
      records.set(index + 2 - open.length, record);
      open = [];
    }
  });
  return records;
}

/** A portion's answer with the file's line numbers. */
export function renumbered(
  answer: Model<"ImportResults">,
  portion: Portion,
): Model<"ImportLineOut">[] {
  // The API answers every line that is sent, in its order.
  return answer.results.map((one, index) => ({ ...one, line: portion.lines[index] ?? one.line }));
}

/** The lines of all portions as one result. */
export function summed(results: Model<"ImportLineOut">[]): Model<"ImportResults"> {
  const count = (action: Model<"ImportAction">) =>
    results.filter((one) => one.action === action).length;
  return {
    dryRun: false,
    results,
    newGroups: [], // the preview has told them
    created: count("create"),
    updated: count("update"),
    unchanged: count("unchanged"),
    failed: count("error"),
  };
}

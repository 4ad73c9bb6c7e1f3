import { describe, expect, it } from "vitest";
import type { Model } from "@/shared/api/types";
import { decode, portionsOf, renumbered, summed } from "./csv";

function line(number: number, action: Model<"ImportAction">): Model<"ImportLineOut"> {
  return { line: number, email: `${number}@x.com`, action, changes: [], problem: null };
}

const preview = {
  ...summed([line(2, "create"), line(3, "error"), line(5, "update"), line(6, "create")]),
  dryRun: true,
};
const csv = "email;nome\r\na@x.com;A\r\nbad;\r\n\r\nb@x.com;B\r\nc@x.com;C\r\n";

describe("the real run of an import", () => {
  it("sends the lines that the preview would write, and keeps their numbers", () => {
    const parts = portionsOf(csv, preview, 2);
    expect(parts).toEqual([
      { csv: "email;nome\na@x.com;A\nb@x.com;B", lines: [2, 5] },
      { csv: "email;nome\nc@x.com;C", lines: [6] },
    ]);
    const answer = summed([line(2, "create"), line(3, "error")]);
    const first = parts[0];
    expect(first && renumbered(answer, first).map((one) => one.line)).toEqual([2, 5]);
  });

  it("parts lines outside quotes, whose cells may hold line breaks", () => {
    const quoted = '"email","name"\na@x.com,"A\n""B"""\n\nb@x.com,B\n';
    const found = summed([line(2, "create"), line(5, "create")]);
    expect(portionsOf(quoted, found, 1)).toEqual([
      { csv: '"email","name"\na@x.com,"A\n""B"""', lines: [2] },
      { csv: '"email","name"\nb@x.com,B', lines: [5] },
    ]);
  });

  it("sends the named separator with every portion", () => {
    const found = summed([line(3, "create"), line(4, "create")]);
    expect(portionsOf("\ufeffsep=;\nemail;nome\na@x.com;A\nb@x.com;B\n", found, 1)).toEqual([
      { csv: "sep=;\nemail;nome\na@x.com;A", lines: [3] },
      { csv: "sep=;\nemail;nome\nb@x.com;B", lines: [4] },
    ]);
  });
});

it("reads what Excel writes", () => {
  const latin = new Uint8Array([74, 111, 227, 111]).buffer;
  expect(decode(latin)).toBe("João");
  expect(decode(new TextEncoder().encode("João").buffer as ArrayBuffer)).toBe("João");
});

import { describe, expect, it } from "vitest";
import { fileNameOf } from "./download";

describe("the name of a downloaded file", () => {
  it("is the quoted one", () => {
    expect(fileNameOf('attachment; filename="ia-solaris-uso.csv"')).toBe("ia-solaris-uso.csv");
  });

  it("prefers the one in UTF-8", () => {
    const header = "attachment; filename=\"uso.csv\"; filename*=UTF-8''usu%C3%A1rios.csv";
    expect(fileNameOf(header)).toBe("usuários.csv");
  });

  it("is none without a header or a name", () => {
    expect(fileNameOf(null)).toBeNull();
    expect(fileNameOf("inline")).toBeNull();
  });
});

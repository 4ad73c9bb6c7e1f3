import { describe, expect, it } from "vitest";
import { chatCommand, gatewayUrl } from "./snippets";

const CREATED = {
  key: "sk-solaris-x",
  kind: "service",
  allowedModels: ["demo*", "o'model"],
} as const;

describe("the lines to try a key with", () => {
  it("finds the gateway beside the API, wherever that is", () => {
    expect(gatewayUrl("/api", "https://ia.example.com/admin/keys")).toBe(
      "https://ia.example.com/v1",
    );
    expect(gatewayUrl("https://gw.example.com/api", "https://site.example.com/admin/")).toBe(
      "https://gw.example.com/v1",
    );
  });

  it("uses a model that the key allows, quoted for the shell", () => {
    const command = chatCommand(
      { ...CREATED, allowedModels: [...CREATED.allowedModels] },
      "u",
      "Oi",
    );
    expect(command).toContain(`"model":"o'\\''model"`);
    expect(command).toContain("X-User-Email");
  });

  it("names no user for a personal key, whose user is fixed", () => {
    const command = chatCommand({ key: "k", kind: "personal", allowedModels: null }, "u", "Oi");
    expect(command).not.toContain("X-User-Email");
  });
});

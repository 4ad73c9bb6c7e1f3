import { beforeEach, describe, expect, it } from "vitest";
import { takeToken } from "./token";

const TOKEN = "aB-_".repeat(12);

describe("the token of the link", () => {
  beforeEach(() => {
    sessionStorage.clear();
    history.replaceState(null, "", "/me/");
  });

  it("leaves the address bar and survives a reload", () => {
    location.hash = `#${TOKEN}`;
    expect(takeToken()).toBe(TOKEN);
    expect(location.hash).toBe("");
    expect(takeToken()).toBe(TOKEN);
  });

  it("is taken from the newest link", () => {
    location.hash = `#${TOKEN}`;
    takeToken();
    const other = "x".repeat(48);
    location.hash = `#${other}`;
    expect(takeToken()).toBe(other);
  });

  it.each(["", "#short", `#${"!".repeat(48)}`])("is none in %j", (hash) => {
    location.hash = hash;
    expect(takeToken()).toBeNull();
    expect(location.hash).toBe("");
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { credential, takeToken } from "./token";

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

  it("is sent with this browser's own name, each time the same", () => {
    localStorage.clear();
    const sent = credential(TOKEN);
    expect(sent).toMatch(new RegExp(`^${TOKEN}\\.[A-Za-z0-9_-]{22,64}$`));
    expect(credential("x".repeat(48)).slice(48)).toBe(sent.slice(48));
    localStorage.setItem("solaris.link-holder", "too short");
    expect(credential(TOKEN)).not.toContain("too short");
  });

  it.each(["", "#short", `#${"!".repeat(48)}`])("is none in %j", (hash) => {
    location.hash = hash;
    expect(takeToken()).toBeNull();
    expect(location.hash).toBe("");
  });
});

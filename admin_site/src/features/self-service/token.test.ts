import { beforeEach, describe, expect, it } from "vitest";
import { credential, takeToken } from "./token";

const EARLIER = "aB-_".repeat(12);
const TOKEN = `${"eyJh".repeat(5)}.${"aB-_".repeat(7)}.${"x".repeat(43)}`;

describe("the token of the link", () => {
  beforeEach(() => {
    sessionStorage.clear();
    history.replaceState(null, "", "/me/");
  });

  it.each([TOKEN, EARLIER])("leaves the address bar and survives a reload: %s", (token) => {
    location.hash = `#${token}`;
    expect(takeToken()).toBe(token);
    expect(location.hash).toBe("");
    expect(takeToken()).toBe(token);
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
    expect(sent.slice(0, TOKEN.length)).toBe(TOKEN);
    expect(sent.slice(TOKEN.length)).toMatch(/^\.[A-Za-z0-9_-]{22,64}$/);
    expect(credential(EARLIER).slice(EARLIER.length)).toBe(sent.slice(TOKEN.length));
    localStorage.setItem("solaris.link-holder", "too short");
    expect(credential(TOKEN)).not.toContain("too short");
  });

  it.each([
    "",
    "#short",
    `#${"!".repeat(48)}`,
    `#${TOKEN}.`,
    `#${TOKEN}.${"h".repeat(22)}`,
    "#..",
    "#a.b.c",
  ])("is none in %j", (hash) => {
    location.hash = hash;
    expect(takeToken()).toBeNull();
    expect(location.hash).toBe("");
  });
});

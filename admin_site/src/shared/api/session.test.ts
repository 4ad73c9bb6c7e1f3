import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { authorisedFetch, refresh, rememberSignIn, signedIn, signIn } from "./session";

const USER = { email: "admin@example.com", name: "Admin", role: "admin" };
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

/** Answers each call by its path, in order; remembers what was sent. */
function answers(byPath: Record<string, Response[]>) {
  const sent: { path: string; token: string | null }[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init?: RequestInit) => {
    const url = typeof target === "string" ? target : target.url;
    const path = new URL(url, "http://site.example").pathname;
    const headers = new Headers(typeof target === "string" ? init?.headers : target.headers);
    sent.push({ path, token: headers.get("authorization") });
    const answer = byPath[path]?.shift();
    if (answer === undefined) throw new Error(`nothing prepared for ${path}`);
    return answer;
  });
  return sent;
}

const users = () => new Request("http://site.example/api/admin/users");

describe("the session", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    localStorage.clear();
  });

  async function in_(byPath: Record<string, Response[]>) {
    const sent = answers({
      "/api/auth/login": [json({ token: "one", user: USER })],
      ...byPath,
    });
    await signIn("admin@example.com", "secret");
    return sent;
  }

  it("refreshes once after a 401 and asks again with the new token", async () => {
    const sent = await in_({
      "/api/admin/users": [json({ code: "unauthenticated" }, 401), json({ items: [] })],
      "/api/auth/refresh": [json({ token: "two", user: USER })],
    });
    const answer = await authorisedFetch(users());
    expect(answer.status).toBe(200);
    expect(sent.slice(1).map((one) => one.token)).toEqual([
      "Bearer one",
      "Bearer one",
      "Bearer two",
    ]);
  });

  it("ends when the refresh is refused, and asks nothing more in vain", async () => {
    const sent = await in_({
      "/api/admin/users": [json({ code: "unauthenticated" }, 401)],
      "/api/auth/refresh": [json({}, 401)],
    });
    expect((await authorisedFetch(users())).status).toBe(401);
    expect(signedIn()).toBeNull();
    const before = sent.length;
    expect(await refresh()).toBe(false);
    expect(sent.length).toBe(before);
  });

  it("takes a wrong current password for what it is", async () => {
    const sent = await in_({ "/api/admin/users": [json({ code: "invalid_credentials" }, 401)] });
    expect((await authorisedFetch(users())).status).toBe(401);
    expect(sent.filter((one) => one.path.endsWith("refresh"))).toEqual([]);
  });

  it("waits its turn after a 429 and sends again", async () => {
    await in_({
      "/api/admin/users": [json({}, 429, { "retry-after": "1" }), json({ items: [] })],
    });
    const answer = authorisedFetch(users());
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await answer).status).toBe(200);
  });

  it("does not wait for a lock of a quarter of an hour", async () => {
    await in_({ "/api/admin/users": [json({}, 429, { "retry-after": "900" })] });
    expect((await authorisedFetch(users())).status).toBe(429);
  });

  it("lets the answer of a page that was left arrive before it refreshes", async () => {
    rememberSignIn(true);
    localStorage.setItem("solaris.refresh-began", String(Date.now()));
    const sent = answers({ "/api/auth/refresh": [json({ token: "two", user: USER })] });
    const done = refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await done).toBe(true);
  });
});

import { currentLocale } from "@/shared/i18n";
import { siteConfig } from "./config";
import type { Model } from "./types";

/** Who is signed in. The access token lives in memory alone; the refresh cookie is HttpOnly. */
export interface SignedIn {
  email: string;
  name: string;
  role: Model<"Role">;
}

interface Session {
  token: string;
  user: SignedIn;
}

const REQUEST_MILLISECONDS = 30_000;
const LOCK = "solaris.refresh";
const HINT = "solaris.signed-in";
const BEGAN = "solaris.refresh-began";
const UNDER_WAY_MILLISECONDS = 1_500;
/** The API takes 5 requests a second of an admin, 10 at once: a busy page waits its turn. */
const MAX_TURNS = 3;
const MAX_TURN_MILLISECONDS = 5_000;
const channel =
  typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("solaris.session");

let session: Session | null = null;
let refreshing: Promise<boolean> | null = null;
let signedOut = false;
const listeners = new Set<() => void>();

/**
 * Whether this browser has signed in and not out: without it nobody asks the API in vain at every
 * start. The cookie itself cannot be seen from here.
 */
export function rememberSignIn(isIn: boolean): void {
  store(HINT, isIn ? "1" : null);
}

/** Whether a session may be there: somebody signed in here and has not signed out. */
export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

/** Whether the last session was ended by the person, in this tab or another; else it ran out. */
export function hasSignedOut(): boolean {
  return signedOut;
}

function publish(next: Session | null): void {
  session = next;
  if (next !== null) signedOut = false;
  rememberSignIn(next !== null);
  for (const listener of listeners) listener();
}

channel?.addEventListener("message", (event) => {
  // Signed out in another tab: this one follows at once.
  if (event.data === "signed-out" && session !== null) {
    signedOut = true;
    publish(null);
  }
});

/** For useSyncExternalStore. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signedIn(): SignedIn | null {
  return session?.user ?? null;
}

function address(path: string): string {
  return siteConfig().apiBaseUrl + path;
}

function post(path: string, body?: unknown): Promise<Response> {
  return fetch(address(path), {
    method: "POST",
    credentials: "include",
    // The answer's cookie is kept even if the page is left meanwhile.
    keepalive: true,
    headers: {
      "accept-language": currentLocale(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(session === null ? {} : { authorization: `Bearer ${session.token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
  });
}

async function adopt(answer: Response): Promise<boolean> {
  if (!answer.ok) {
    // 401 and 403 mean that nobody is signed in; anything else is a failure of the moment.
    if (answer.status === 401 || answer.status === 403) publish(null);
    return false;
  }
  publish((await answer.json()) as Session);
  return true;
}

/** Signs in; returns the refused answer for the form to show, or null. Network errors are thrown. */
export async function signIn(email: string, password: string): Promise<Response | null> {
  const answer = await post("/auth/login", { email, password });
  if (!answer.ok) return answer;
  await adopt(answer);
  return null;
}

/**
 * Gets a new access token by the refresh cookie; false when nobody is signed in.
 *
 * A refresh token works once, and tabs share the cookie: so one refresh at a time, in this tab and
 * among tabs (Web Locks).
 */
export function refresh(): Promise<boolean> {
  if (session === null && !mayBeSignedIn()) return Promise.resolve(false);
  refreshing ??= exclusively(rotate).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function rotate(): Promise<boolean> {
  const began = Number(stored(BEGAN) ?? 0);
  // A page that was left while it refreshed: its answer, with the next cookie, is still on its way.
  if (Date.now() - began < UNDER_WAY_MILLISECONDS) await delay(UNDER_WAY_MILLISECONDS);
  store(BEGAN, String(Date.now()));
  const isIn = await adopt(await post("/auth/refresh"));
  // Only after an answer: a page that is being left sees its request fail, though it is under way.
  store(BEGAN, null);
  return isIn;
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Without storage tabs cannot wait for each other's pages; they still take turns.
  }
}

async function exclusively(action: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? await navigator.locks.request(LOCK, action) : await action();
}

/** Takes over a token that another call has answered with (a changed password). */
export function adoptToken(token: string): void {
  if (session !== null) publish({ ...session, token });
}

export async function signOut(): Promise<void> {
  try {
    await post("/auth/logout");
  } finally {
    signedOut = true;
    publish(null);
    channel?.postMessage("signed-out");
  }
}

/**
 * `fetch` for the API: token, language, time-out; on 401 one silent refresh and one retry.
 *
 * A 401 after that ends the session; the app then shows the login.
 */
export async function authorisedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await inTurn(request);
  if (answer.status !== 401 || (await isAboutPassword(answer))) return answer;
  if (!(await refresh())) return answer;
  const second = await inTurn(again);
  if (second.status === 401) publish(null);
  return second;
}

/** A wrong current password is a 401 too; asking twice would count as two failed attempts. */
async function isAboutPassword(answer: Response): Promise<boolean> {
  try {
    const problem: unknown = await answer.clone().json();
    return (
      problem !== null &&
      typeof problem === "object" &&
      "code" in problem &&
      problem.code === "invalid_credentials"
    );
  } catch {
    return false;
  }
}

/** Sends, and sends again after a 429: a request refused for its rate has done nothing. */
async function inTurn(request: Request): Promise<Response> {
  for (let turn = 1; ; turn += 1) {
    const answer = await send(turn === MAX_TURNS ? request : request.clone());
    // Pages of another origin are not shown the header: a second is the usual.
    const seconds = Number(answer.headers.get("retry-after") ?? 1);
    const wait = Math.max(1, seconds) * 1_000;
    if (answer.status !== 429 || !(wait <= MAX_TURN_MILLISECONDS) || turn === MAX_TURNS) {
      return answer;
    }
    await delay(wait * (0.5 + Math.random()));
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set("accept-language", currentLocale());
  if (session !== null) headers.set("authorization", `Bearer ${session.token}`);
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_MILLISECONDS)]);
  return fetch(new Request(request, { headers, signal, credentials: "include" }));
}

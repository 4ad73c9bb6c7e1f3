import { newId } from "@/shared/api/ids";

/** The token of a personal link: `/me/#<token>`; without dots in mails of an earlier version. */
const TOKEN = /^(?:[A-Za-z0-9_-]{48}|[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,200}){2})$/;
const STORED = "solaris.personal-link";
const HOLDER = /^[A-Za-z0-9_-]{22,64}$/;
const HELD = "solaris.link-holder";
let unkept: string | null = null;

/**
 * Takes the token out of the address bar, so that it is in no history and no screenshot, and keeps
 * it for as long as the tab lives. Null when there is none.
 */
export function takeToken(): string | null {
  const hash = location.hash.slice(1);
  if (hash !== "") history.replaceState(null, "", location.pathname + location.search);
  if (TOKEN.test(hash)) {
    remember(hash);
    return hash;
  }
  return remembered();
}

function remember(token: string): void {
  try {
    sessionStorage.setItem(STORED, token);
  } catch {
    // Not kept then: a reload asks for the link again.
  }
}

function remembered(): string | null {
  try {
    const token = sessionStorage.getItem(STORED);
    return token !== null && TOKEN.test(token) ? token : null;
  } catch {
    return null;
  }
}

/**
 * What is sent for a token: with the name of this browser behind it, which is random. A link out of
 * a chat opens for the first browser alone.
 */
export function credential(token: string): string {
  return `${token}.${holder()}`;
}

function holder(): string {
  try {
    const known = localStorage.getItem(HELD);
    if (known !== null && HOLDER.test(known)) return known;
    const made = newId();
    localStorage.setItem(HELD, made);
    return made;
  } catch {
    // Not kept then: the link opens until the page is left.
    unkept ??= newId();
    return unkept;
  }
}

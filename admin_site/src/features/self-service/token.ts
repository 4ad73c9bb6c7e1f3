/** The token of a personal link: `/me/#<token>`. */
const TOKEN = /^[A-Za-z0-9_-]{48}$/;
const STORED = "solaris.personal-link";

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

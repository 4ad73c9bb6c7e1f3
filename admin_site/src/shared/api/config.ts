/** What differs from stage to stage; served beside the site, so one build fits all. */
export interface SiteConfig {
  /** Base of the API without a slash at the end: `/api` or `https://gateway.example.com/api`. */
  apiBaseUrl: string;
  /** LOCALE of the stage: for a browser that asks for neither of the site's languages. */
  locale?: string;
  /** PERIOD_TIMEZONE of the stage: where months and days begin. */
  timeZone?: string;
}

const LOAD_MILLISECONDS = 10_000;

let loaded: SiteConfig = { apiBaseUrl: "/api" };

export function siteConfig(): SiteConfig {
  return loaded;
}

/** Reads config.json; without it (or with a broken one) the API is on the site's own host. */
export async function loadConfig(): Promise<void> {
  try {
    const answer = await fetch(`${import.meta.env.BASE_URL}config.json`, {
      cache: "no-cache",
      signal: AbortSignal.timeout(LOAD_MILLISECONDS),
    });
    const value: unknown = answer.ok ? await answer.json() : null;
    if (value !== null && typeof value === "object" && "apiBaseUrl" in value) {
      loaded = { ...value, apiBaseUrl: String(value.apiBaseUrl).replace(/\/+$/, "") };
    }
  } catch {
    // The default stands.
  }
}

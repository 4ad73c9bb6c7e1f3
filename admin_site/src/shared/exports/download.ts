import { siteConfig } from "@/shared/api/config";

const LATER_MILLISECONDS = 60_000;

/** The file name of a `Content-Disposition` (RFC 6266); null when it has none. */
export function fileNameOf(header: string | null): string | null {
  if (header === null) return null;
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  if (extended) {
    try {
      return decodeURIComponent(extended.trim());
    } catch {
      // A name that is not well encoded: the plain one will do.
    }
  }
  return /filename="?([^";]+)"?/i.exec(header)?.[1]?.trim() ?? null;
}

function follow(href: string, fileName: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = fileName;
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}

/** Gives the browser a file that is in memory. */
export function saveBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  follow(url, fileName);
  // At once would be too soon for browsers that read it after the click.
  setTimeout(() => URL.revokeObjectURL(url), LATER_MILLISECONDS);
}

/** Lets the browser fetch a signed link; one without a host is on the API's own. */
export function saveLink(link: string, fileName: string): void {
  const base = new URL(siteConfig().apiBaseUrl, location.href);
  follow(new URL(link, base).href, fileName);
}

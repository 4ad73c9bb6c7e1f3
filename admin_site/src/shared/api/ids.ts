const BYTES = 16;

/**
 * A random id, 32 hex digits. `crypto.randomUUID` is missing on pages without TLS, which a first
 * installation in a company's own network may be.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}

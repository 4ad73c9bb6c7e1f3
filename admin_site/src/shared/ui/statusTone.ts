import type { Tone } from "@/shared/ui/Badge";

/** The first HTTP status that counts as an error: `is_error` in the API's ledger/figures.py. */
export const FIRST_ERROR = 400;

const FIRST_SERVER_ERROR = 500;

/** How a request's status is shown; 0 is one that a crash left. */
export function statusTone(status: number): Tone {
  if (status === 0 || status >= FIRST_SERVER_ERROR) return "danger";
  return status >= FIRST_ERROR ? "warning" : "ok";
}

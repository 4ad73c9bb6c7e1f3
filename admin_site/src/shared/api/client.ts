import createClient from "openapi-fetch";
import { siteConfig } from "./config";
import type { paths } from "./schema";
import { authorisedFetch } from "./session";

/** A refusal of the API (RFC 9457), or `unreachable` when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly fields: { field: string; code: string; message: string }[];

  constructor(status: number, problem: Partial<ProblemBody>) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? (status === 0 ? "unreachable" : "unknown");
    this.requestId = problem.requestId ?? null;
    this.fields = problem.errors ?? [];
  }
}

/** No answer of the server itself: none at all, or a gateway's word for it. */
export function isUnreachable(status: number): boolean {
  return status === 0 || (status >= 502 && status <= 504);
}

interface ProblemBody {
  title: string;
  detail: string | null;
  code: string;
  requestId: string;
  errors: { field: string; code: string; message: string }[] | null;
}

let client: ReturnType<typeof createClient<paths>> | null = null;

/** The one client; typed by the OpenAPI document. Use it through `unwrap`. */
export function api(): ReturnType<typeof createClient<paths>> {
  client ??= createClient<paths>({
    baseUrl: new URL(siteConfig().apiBaseUrl, location.href).href,
    fetch: authorisedFetch,
    querySerializer: { array: { style: "form", explode: true } },
  });
  return client;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws ApiError for a refusal and when nobody answered. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {});
  }
  if (!answer.response.ok) throw await problemOf(answer.response, answer.error);
  return answer.data as T;
}

/** The error of a refused answer whose body may have been read already. */
export async function problemOf(response: Response, read?: unknown): Promise<ApiError> {
  let body = read;
  if (body === undefined) {
    try {
      body = await response.json();
    } catch {
      body = null;
    }
  }
  const problem = body !== null && typeof body === "object" ? (body as Partial<ProblemBody>) : {};
  return new ApiError(response.status, problem);
}

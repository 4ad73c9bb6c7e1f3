import type { Model } from "@/shared/api/types";

const EXAMPLE_MODEL = "gpt-4o-mini";
const EXAMPLE_EMAIL = "ana@example.com";

type Created = Pick<Model<"CreatedKey">, "key" | "kind" | "allowedModels">;

/** The gateway is on the API's own host. */
export function gatewayUrl(apiBaseUrl: string, pageUrl: string): string {
  return new URL("/v1", new URL(apiBaseUrl, pageUrl)).href;
}

/** The line that the librechat.yaml snippet refers to; it belongs into LibreChat's .env. */
export function environmentLine(created: Created): string {
  return `SOLARIS_API_KEY=${created.key}`;
}

/** A call that shows at once whether the key is let in, and to which models. */
export function modelsCommand(created: Created, gateway: string): string {
  return `curl ${gateway}/models -H "Authorization: Bearer ${created.key}"`;
}

/** A chat as a client would send it; a service key says for whom. */
export function chatCommand(created: Created, gateway: string, hello: string): string {
  const model = created.allowedModels?.find((pattern) => !pattern.endsWith("*")) ?? EXAMPLE_MODEL;
  const body = { model, messages: [{ role: "user", content: hello }] };
  return [
    `curl ${gateway}/chat/completions`,
    `  -H "Authorization: Bearer ${created.key}"`,
    ...(created.kind === "service" ? [`  -H "X-User-Email: ${EXAMPLE_EMAIL}"`] : []),
    '  -H "Content-Type: application/json"',
    // A single quote would end the shell's string; the model's name may hold one.
    `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join(" \\\n");
}

// What LibreChat's server does between librechat.yaml and its model client: `${VARIABLES}` and the
// `{{LIBRECHAT_…}}` placeholders of an endpoint are filled, then one client is made for each call.
import { extractEnvVariable } from 'librechat-data-provider';
import { text as readAll } from 'node:stream/consumers';

const USER_FIELDS = ['id', 'name', 'username', 'email', 'role'];
const BODY_FIELDS = ['conversationId', 'parentMessageId', 'messageId'];

// Node sends header values as Latin-1; LibreChat wraps what does not fit.
function headerValue(value) {
  return /[^\u0000-\u00ff]/.test(value)
    ? `b64:${Buffer.from(value, 'utf8').toString('base64')}`
    : value;
}

// A field that the user lacks stays a placeholder, null becomes empty, the body's are always filled.
function filled(template, user, body) {
  let value = template;
  for (const field of USER_FIELDS) {
    if (field in user) {
      const known = user[field] == null ? '' : headerValue(String(user[field]));
      value = value.replaceAll(`{{LIBRECHAT_USER_${field.toUpperCase()}}}`, known);
    }
  }
  for (const field of BODY_FIELDS) {
    const known = body[field] == null ? '' : String(body[field]);
    value = value.replaceAll(`{{LIBRECHAT_BODY_${field.toUpperCase()}}}`, known);
  }
  return extractEnvVariable(value);
}

let attempts = 0;

// The client's own fetch, and a count of what left it.
function counted(input, init) {
  attempts += 1;
  return fetch(input, init);
}

export function clientOptions({ endpoint, user, body, model }) {
  const defaultHeaders = Object.fromEntries(
    Object.entries(endpoint.headers).map(([name, value]) => [name, filled(value, user, body)]),
  );
  const options = {
    model,
    streaming: true,
    apiKey: extractEnvVariable(endpoint.apiKey),
    configuration: {
      baseURL: extractEnvVariable(endpoint.baseURL),
      defaultHeaders,
      fetch: counted,
    },
  };
  if (!endpoint.dropParams?.includes('user')) {
    options.user = user.id;
  }
  return { ...options, ...endpoint.addParams };
}

// {calls: […]} on stdin, a result for each on stdout: {text} or {error: {message, status}}, with the
// number of HTTP requests it took.
export async function serve(answer) {
  const { calls } = JSON.parse(await readAll(process.stdin));
  const results = [];
  for (const call of calls) {
    attempts = 0;
    let result;
    try {
      const answered = await answer(call);
      result = typeof answered === 'string' ? { text: answered } : answered;
    } catch (error) {
      result = { error: { message: error.message, status: error.status ?? null } };
    }
    results.push({ ...result, attempts });
  }
  process.stdout.write(JSON.stringify(results));
}

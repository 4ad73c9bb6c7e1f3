// What the programs for Node share: a call in, what came of it out.
import { text as readAll } from 'node:stream/consumers';

export const QUESTION_OF_TOOL = 'Que tempo faz no Recife?';
export const DESCRIPTION = 'Devolve o tempo numa cidade.';

const object = (properties) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
export const CITY_SCHEMA = object({ city: { type: 'string' } });
export const PLACE_SCHEMA = object({ city: { type: 'string' }, degrees: { type: 'integer' } });

export function weather({ city }) {
  return `sol em ${city}`;
}

// The HTTP status that an error of an SDK, or one that it was made from, tells.
function statusOf(error) {
  for (let one = error; one; one = one.cause ?? one.lastError) {
    const status = one.status ?? one.statusCode;
    if (Number.isInteger(status)) {
      return status;
    }
  }
  return null;
}

// Does the call of the standard input by its kind; an error that the SDK threw is a result.
export async function serve(kinds) {
  const call = JSON.parse(await readAll(process.stdin));
  let came;
  try {
    came = await kinds[call.kind](call);
  } catch (error) {
    came = { error: String(error.message), status: statusOf(error) };
  }
  process.stdout.write(`${JSON.stringify(came)}\n`);
}

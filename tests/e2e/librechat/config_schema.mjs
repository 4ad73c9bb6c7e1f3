// Holds parsed librechat.yaml documents (a JSON list on stdin) against LibreChat's own schema.
import { configSchema } from 'librechat-data-provider';
import { text as readAll } from 'node:stream/consumers';

const documents = JSON.parse(await readAll(process.stdin));
const results = documents.map((document) => {
  const { success, data, error } = configSchema.strict().safeParse(document);
  return success ? { data } : { issues: error.issues };
});
process.stdout.write(JSON.stringify(results));

// OpenAI's own SDK for Node.
import OpenAI from 'openai';
import { CITY_SCHEMA, DESCRIPTION, PLACE_SCHEMA, QUESTION_OF_TOOL, serve, weather } from './calling.mjs';

function client({ url, key, email }) {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: key,
    defaultHeaders: { 'X-User-Email': email },
  });
}

const asked = ({ model, text }) => ({ model, messages: [{ role: 'user', content: text }] });

await serve({
  async chat(call) {
    const answer = await client(call).chat.completions.create(asked(call));
    return { text: answer.choices[0].message.content, tokens: answer.usage.total_tokens };
  },
  async stream(call) {
    const pieces = [];
    let tokens = null;
    const options = { stream: true, stream_options: { include_usage: true } };
    for await (const chunk of await client(call).chat.completions.create({ ...asked(call), ...options })) {
      pieces.push(...chunk.choices.map((choice) => choice.delta.content).filter(Boolean));
      tokens = chunk.usage?.total_tokens ?? tokens;
    }
    return { text: pieces.join(''), pieces: pieces.length, tokens };
  },
  async tool(call) {
    let seen = null;
    const run = client(call).chat.completions.runTools({
      model: call.model,
      messages: [{ role: 'user', content: QUESTION_OF_TOOL }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: DESCRIPTION,
            parameters: CITY_SCHEMA,
            parse: JSON.parse,
            function: (given) => {
              seen = given;
              return weather(given);
            },
          },
        },
      ],
    });
    const text = await run.finalContent();
    return { text, arguments: seen, tokens: (await run.totalUsage()).total_tokens };
  },
  async structured(call) {
    const format = { name: 'place', strict: true, schema: PLACE_SCHEMA };
    const answer = await client(call).chat.completions.parse({
      ...asked(call),
      response_format: { type: 'json_schema', json_schema: format },
    });
    const data = JSON.parse(answer.choices[0].message.content);
    return { data, tokens: answer.usage.total_tokens };
  },
});

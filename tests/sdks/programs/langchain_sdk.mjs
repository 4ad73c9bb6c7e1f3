// LangChain's clients for JavaScript: ChatOpenAI, or ChatAnthropic with `api` "anthropic".
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { DESCRIPTION, QUESTION_OF_TOOL, serve, weather } from './calling.mjs';

function client({ api, url, key, email, model }) {
  const headers = { 'X-User-Email': email };
  if (api === 'anthropic') {
    const clientOptions = { defaultHeaders: headers };
    return new ChatAnthropic({ model, apiKey: key, anthropicApiUrl: url, clientOptions, maxTokens: 200 });
  }
  const configuration = { baseURL: `${url}/v1`, defaultHeaders: headers };
  return new ChatOpenAI({ model, apiKey: key, configuration, streamUsage: true });
}

const used = (...messages) =>
  messages.reduce((sum, message) => sum + message.usage_metadata.total_tokens, 0);

await serve({
  async chat(call) {
    const answer = await client(call).invoke(call.text);
    return { text: answer.text, tokens: used(answer) };
  },
  async stream(call) {
    const pieces = [];
    let whole = null;
    for await (const chunk of await client(call).stream(call.text)) {
      if (chunk.text) {
        pieces.push(chunk.text);
      }
      whole = whole ? whole.concat(chunk) : chunk;
    }
    return { text: pieces.join(''), pieces: pieces.length, tokens: used(whole) };
  },
  async tool(call) {
    const schema = z.object({ city: z.string() });
    const told = tool(weather, { name: 'weather', description: DESCRIPTION, schema });
    const withTool = client(call).bindTools([told]);
    const said = [new HumanMessage(QUESTION_OF_TOOL)];
    const asked = await withTool.invoke(said);
    const [wanted] = asked.tool_calls;
    const result = new ToolMessage({ content: weather(wanted.args), tool_call_id: wanted.id });
    const final = await withTool.invoke([...said, asked, result]);
    return { text: final.text, arguments: wanted.args, tokens: used(asked, final) };
  },
  async structured(call) {
    const schema = z.object({ city: z.string(), degrees: z.number().int() });
    const { parsed, raw } = await client(call)
      .withStructuredOutput(schema, { name: 'place', includeRaw: true })
      .invoke(call.text);
    return { data: parsed, tokens: used(raw) };
  },
});

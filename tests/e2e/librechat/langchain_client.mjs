// The model client inside LibreChat, LangChain's ChatOpenAI, with LibreChat's options.
import { ChatOpenAI } from '@langchain/openai';
import { clientOptions, serve } from './calls.mjs';

await serve(async (call) => {
  const client = new ChatOpenAI({ ...clientOptions(call), streaming: call.kind !== 'title' });
  if (call.kind === 'title') {
    return (await client.invoke([['user', call.text]])).content;
  }
  let text = '';
  let usage = null;
  for await (const chunk of await client.stream([['user', call.text]])) {
    text += chunk.content;
    usage = chunk.usage_metadata?.total_tokens ?? usage;
  }
  return { text, usage };
});

// LibreChat's agents library as LibreChat's server calls it: a run a message, and its title.
import { Run } from '@librechat/agents';
import { HumanMessage } from '@librechat/agents/langchain/messages';
import { randomUUID } from 'node:crypto';
import { clientOptions, serve } from './calls.mjs';

await serve(async (call) => {
  const options = clientOptions(call);
  const run = await Run.create({
    runId: randomUUID(),
    graphConfig: {
      type: 'standard',
      agents: [{ agentId: 'chat', provider: 'openAI', clientOptions: options }],
    },
    returnContent: true,
  });
  if (call.kind === 'title') {
    const { title } = await run.generateTitle({
      provider: 'openAI',
      inputText: call.text,
      contentParts: [{ type: 'text', text: 'Olá!' }],
      clientOptions: { ...options, streaming: false },
      titleMethod: 'completion',
    });
    return title;
  }
  const config = { version: 'v2', configurable: { thread_id: call.body.conversationId } };
  const parts = await run.processStream({ messages: [new HumanMessage(call.text)] }, config);
  return parts.map((part) => part.text ?? '').join('');
});

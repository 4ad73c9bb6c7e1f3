// Vercel's AI SDK; `api` names its provider: openai (responses), compatible (chat) or anthropic.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { DESCRIPTION, QUESTION_OF_TOOL, serve, weather } from './calling.mjs';

const PROVIDERS = {
  openai: createOpenAI,
  anthropic: createAnthropic,
  compatible: (options) =>
    createOpenAICompatible({
      ...options,
      name: 'solaris',
      includeUsage: true,
      supportsStructuredOutputs: true,
    }),
};

function asked({ api, url, key, email, model, text }) {
  const provider = PROVIDERS[api]({
    baseURL: `${url}/v1`,
    apiKey: key,
    headers: { 'X-User-Email': email },
  });
  return { model: provider(model), prompt: text };
}

await serve({
  async chat(call) {
    const { text, totalUsage } = await generateText(asked(call));
    return { text, tokens: totalUsage.totalTokens };
  },
  async stream(call) {
    let failure = null;
    const result = streamText({ ...asked(call), onError: ({ error }) => (failure = error) });
    const pieces = [];
    for await (const piece of result.textStream) {
      pieces.push(piece);
    }
    if (failure) {
      throw failure;
    }
    const { totalTokens } = await result.totalUsage;
    return { text: pieces.join(''), pieces: pieces.length, tokens: totalTokens };
  },
  async tool(call) {
    let seen = null;
    const told = tool({
      description: DESCRIPTION,
      inputSchema: z.object({ city: z.string() }),
      execute: async (given) => {
        seen = given;
        return weather(given);
      },
    });
    const { text, totalUsage } = await generateText({
      ...asked({ ...call, text: QUESTION_OF_TOOL }),
      tools: { weather: told },
      stopWhen: stepCountIs(3),
    });
    return { text, arguments: seen, tokens: totalUsage.totalTokens };
  },
  async structured(call) {
    const schema = z.object({ city: z.string(), degrees: z.number().int() });
    const { output, totalUsage } = await generateText({
      ...asked(call),
      output: Output.object({ schema }),
    });
    return { data: output, tokens: totalUsage.totalTokens };
  },
});

import { generateText, streamText, generateObject, embed, tool, stepCountIs } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createAnthropic } from '@ai-sdk/anthropic';
import { z } from 'zod';
import { base, key, wrongKey, TEXT, step, is, throws, done } from '../check.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;
const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey: key });
const anthropic = createAnthropic({ baseURL: `${base}/v1`, apiKey: key });
const compatible = createOpenAICompatible({ name: 'gateway', baseURL: `${base}/v1`, apiKey: key });
const weather = tool({ description: 'The weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sun in ${city}` });

for (const [name, model] of [['responses', openai('gpt-4o')], ['chat', openai.chat('gpt-4o')], ['compatible', compatible('gpt-4o')], ['anthropic', anthropic('claude-sonnet')]]) {
  await step(`${name}: text`, async () => {
    const answer = await generateText({ model, prompt: 'hi' });
    is([answer.text, answer.usage.outputTokens], [TEXT, 7], 'answer');
  });
  await step(`${name}: stream`, async () => {
    const answer = streamText({ model, prompt: 'hi' });
    let text = '';
    for await (const part of answer.textStream) text += part;
    is(text, TEXT, 'text');
  });
  await step(`${name}: a tool in two steps`, async () => {
    const answer = await generateText({ model, prompt: 'tool please', tools: { get_weather: weather }, stopWhen: stepCountIs(2) });
    is([answer.steps.length, answer.text], [2, TEXT], 'steps');
  });
}

await step('an object', async () => is((await generateObject({ model: openai.chat('gpt-4o'), schema: z.object({ name: z.string() }), prompt: 'hi' })).object, { name: 'Ann' }, 'object'));
await step('embeddings', async () => is((await embed({ model: openai.embedding('text-embedding-3-small'), value: 'hi' })).embedding.length, 3, 'length'));
await step('401', () => throws(() => generateText({ model: createOpenAI({ baseURL: `${base}/v1`, apiKey: wrongKey })('gpt-4o'), prompt: 'hi', maxRetries: 0 }), error => is(error.statusCode, 401, 'status')));
done();

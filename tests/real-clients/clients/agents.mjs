import { Agent, run, tool, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { base, key, TEXT, step, is, throws, done } from '../check.mjs';

// Traces would go to api.openai.com.
setTracingDisabled(true);
setDefaultOpenAIClient(new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 }));
const weather = tool({ name: 'get_weather', description: 'The weather', parameters: z.object({ city: z.string() }), execute: async ({ city }) => `sun in ${city}` });
const agent = more => new Agent({ name: 'helper', instructions: 'Help.', model: 'gpt-4o', ...more });

for (const api of ['responses', 'chat_completions']) {
  setOpenAIAPI(api);
  await step(`${api}: a turn`, async () => is((await run(agent(), 'hi')).finalOutput, TEXT, 'text'));
  await step(`${api}: a tool`, async () => is((await run(agent({ tools: [weather] }), 'tool please')).finalOutput, TEXT, 'text'));
  await step(`${api}: a stream`, async () => {
    const result = await run(agent({ tools: [weather] }), 'tool please', { stream: true });
    let text = '';
    for await (const part of result.toTextStream()) text += part;
    await result.completed;
    is(text, TEXT, 'text');
  });
  await step(`${api}: structured`, async () => is((await run(agent({ outputType: z.object({ name: z.string() }) }), 'hi')).finalOutput, { name: 'Ann' }, 'output'));
  await step(`${api}: 429`, () => throws(() => run(agent(), 'always 429'), error => is(error.status, 429, 'status')));
}
done();

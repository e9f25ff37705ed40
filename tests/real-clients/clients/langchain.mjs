import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { base, key, wrongKey, TEXT, step, is, throws, done } from '../check.mjs';

const model = more => new ChatOpenAI({ model: 'gpt-4o', apiKey: key, maxRetries: 0, configuration: { baseURL: `${base}/v1` }, ...more });
const weather = tool(async ({ city }) => `sun in ${city}`, { name: 'get_weather', description: 'The weather', schema: z.object({ city: z.string() }) });

for (const useResponsesApi of [false, true]) {
  const name = useResponsesApi ? 'responses' : 'chat';
  await step(`${name}: text`, async () => {
    const answer = await model({ useResponsesApi }).invoke('hi');
    is([answer.text, answer.usage_metadata.output_tokens], [TEXT, 7], 'answer');
  });
  await step(`${name}: stream`, async () => {
    let [text, tokens] = ['', 0];
    for await (const chunk of await model({ useResponsesApi }).stream('hi')) {
      text += chunk.text;
      tokens = chunk.usage_metadata?.output_tokens ?? tokens;
    }
    is([text, tokens], [TEXT, 7], 'answer');
  });
  await step(`${name}: a tool`, async () => is((await model({ useResponsesApi }).bindTools([weather]).invoke('tool please')).tool_calls[0].args, { city: 'Paris' }, 'arguments'));
}

await step('embeddings', async () => {
  const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey: key, configuration: { baseURL: `${base}/v1` } });
  is((await embeddings.embedDocuments(['a', 'b'])).length, 2, 'vectors');
});
await step('401', () => throws(() => model({ apiKey: wrongKey }).invoke('hi'), error => is(error.status, 401, 'status')));
done();

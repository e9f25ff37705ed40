// The wire of the 0.x years: one class of its own, axios underneath, no retries.
import { Configuration, OpenAIApi } from 'openai-legacy';
import { base, key, wrongKey, TEXT, step, is, throws, done } from '../check.mjs';

const api = new OpenAIApi(new Configuration({ basePath: `${base}/v1`, apiKey: key }));
const messages = [{ role: 'user', content: 'hi' }];

await step('models', async () => is((await api.listModels()).data.object, 'list', 'object'));
await step('chat', async () => is((await api.createChatCompletion({ model: 'gpt-4o', messages })).data.choices[0].message.content, TEXT, 'text'));
await step('a stream read by hand', async () => {
  const answer = await api.createChatCompletion({ model: 'gpt-4o', messages, stream: true }, { responseType: 'stream' });
  let text = '';
  for await (const chunk of answer.data) text += chunk;
  const events = text.trim().split('\n\n').map(line => line.slice('data: '.length));
  is(events.at(-1), '[DONE]', 'end');
  is(events.slice(0, -1).map(event => JSON.parse(event).choices[0].delta.content ?? '').join(''), TEXT, 'text');
});
await step('completions', async () => is((await api.createCompletion({ model: 'davinci-002', prompt: 'hi' })).data.choices[0].text, TEXT, 'text'));
await step('embeddings', async () => is((await api.createEmbedding({ model: 'text-embedding-ada-002', input: 'hi' })).data.data[0].embedding, [0.25, -0.5, 1], 'vector'));
await step('moderations', async () => is((await api.createModeration({ input: 'hi' })).data.results.length, 1, 'results'));
await step('401', () => throws(() => new OpenAIApi(new Configuration({ basePath: `${base}/v1`, apiKey: wrongKey })).listModels(), error => {
  is([error.response.status, error.response.data.error.code], [401, 'invalid_api_key'], 'error');
}));
done();

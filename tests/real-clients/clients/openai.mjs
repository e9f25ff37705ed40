import OpenAI, { AzureOpenAI } from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { base, key, wrongKey, TEXT, step, is, throws, unique, seen, leftAfter, done } from '../check.mjs';

const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 });
const ask = (content, more = {}) => ({ model: 'gpt-4o', messages: [{ role: 'user', content }], ...more });
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const usage = { prompt_tokens: 11, completion_tokens: 7 };

await step('models', async () => {
  const models = await client.models.list();
  is(models.data.some(model => model.id === 'gpt-4o'), true, 'gpt-4o is listed');
  is((await client.models.retrieve('gpt-4o')).id, 'gpt-4o', 'id');
});
await step('chat', async () => {
  const { data, response } = await client.chat.completions.create(ask('hi')).withResponse();
  is(data.choices[0].message.content, TEXT, 'text');
  is([data.usage.prompt_tokens, data.usage.completion_tokens], [11, 7], 'usage');
  is(response.headers.get('x-request-id').startsWith('req_'), true, 'request id');
});
await step('a stream without usage asked for has none', async () => {
  let text = '';
  for await (const chunk of await client.chat.completions.create(ask('hi', { stream: true }))) {
    is(chunk.choices.length, 1, 'choices');
    text += chunk.choices[0].delta.content ?? '';
  }
  is(text, TEXT, 'text');
});
await step('a stream with usage asked for has it last', async () => {
  let last;
  for await (const chunk of await client.chat.completions.create(ask('hi', { stream: true, stream_options: { include_usage: true } }))) last = chunk;
  is([last.choices.length, last.usage.prompt_tokens, last.usage.completion_tokens], [0, usage.prompt_tokens, usage.completion_tokens], 'last chunk');
});
await step('a tool is called', async () => {
  const answer = await client.chat.completions.create(ask('tool please', { tools }));
  is(JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments), { city: 'Paris' }, 'arguments');
});
await step('a tool is called in a stream', async () => {
  const answer = await client.chat.completions.stream(ask('tool please', { tools })).finalChatCompletion();
  is(answer.choices[0].message.tool_calls[0].function.name, 'get_weather', 'name');
});
await step('completions', async () => is((await client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'hi' })).choices[0].text, TEXT, 'text'));
await step('embeddings, in base64 underneath', async () => {
  const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
  is(answer.data.map(one => one.embedding), [[0.25, -0.5, 1], [0.25, -0.5, 1]], 'vectors');
});
await step('a response, and its life after', async () => {
  const made = await client.responses.create({ model: 'gpt-4o', input: 'hi' });
  is(made.output_text, TEXT, 'text');
  is((await client.responses.retrieve(made.id)).id, made.id, 'retrieved');
  is((await client.responses.create({ model: 'gpt-4o', input: 'on', previous_response_id: made.id })).previous_response_id, made.id, 'went on');
  await client.responses.delete(made.id);
  await throws(() => client.responses.retrieve(made.id), error => is(error.status, 404, 'status'));
});
await step('a response in a stream', async () => {
  const types = [];
  for await (const event of await client.responses.create({ model: 'gpt-4o', input: 'hi', stream: true })) types.push(event.type);
  is([types[0], types.at(-1)], ['response.created', 'response.completed'], 'events');
});
await step('a response calls a tool', async () => {
  const answer = await client.responses.stream({ model: 'gpt-4o', input: 'tool please', tools: [{ type: 'function', strict: false, ...tools[0].function }] }).finalResponse();
  is(answer.output[0].name, 'get_weather', 'name');
});
await step('responses over a WebSocket, one going on from the other', async () => {
  const socket = new ResponsesWS(client);
  const ids = [];
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('response.completed', event => {
      ids.push(event.response.previous_response_id, event.response.id);
      if (ids.length > 2) return resolve();
      socket.send({ type: 'response.create', model: 'gpt-4o', store: false, input: 'on', previous_response_id: event.response.id });
    });
    socket.send({ type: 'response.create', model: 'gpt-4o', store: false, input: 'hi' });
  });
  socket.close();
  is(ids[2], ids[1], 'went on');
});
await step('moderations without a model', async () => is((await client.moderations.create({ input: ['a', 'b'] })).results.length, 2, 'results'));
await step('a picture', async () => is((await client.images.generate({ model: 'gpt-image-1', prompt: 'a cat' })).data.length, 1, 'pictures'));
await step('a picture in a stream', async () => {
  const types = [];
  for await (const event of await client.images.generate({ model: 'gpt-image-1', prompt: 'a cat', stream: true, partial_images: 1 })) types.push(event.type);
  is(types, ['image_generation.partial_image', 'image_generation.completed'], 'events');
});
await step('errors are the classes that people catch', async () => {
  await throws(() => new OpenAI({ baseURL: `${base}/v1`, apiKey: wrongKey, maxRetries: 0 }).models.list(), error => {
    is([error instanceof OpenAI.AuthenticationError, error.code], [true, 'invalid_api_key'], '401');
  });
  await throws(() => client.chat.completions.create(ask('hi', { n: 0 })), error => is([error instanceof OpenAI.BadRequestError, error.param], [true, 'n'], '400'));
  await throws(() => client.post('/assistants', { body: {} }), error => is([error instanceof OpenAI.NotFoundError, error.code], [true, 'unknown_url'], '404'));
  await throws(() => client.chat.completions.create(ask('always 429')), error => is([error instanceof OpenAI.RateLimitError, error.code], [true, 'rate_limit_exceeded'], '429'));
});
await step('a refusal that passes is retried', async () => {
  const retrying = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 2 });
  is((await retrying.chat.completions.create(ask(`fail once ${unique()}`))).choices[0].message.content, TEXT, 'text');
});
await step('a stream that is broken off throws', async () => {
  await throws(async () => {
    for await (const chunk of await client.chat.completions.create(ask('break off', { stream: true }))) is(chunk.object, 'chat.completion.chunk', 'object');
  }, error => is(error instanceof OpenAI.AuthenticationError, false, 'class'));
});
await step('leaving a stream cancels it upstream', async () => {
  const before = await seen();
  for await (const chunk of await client.chat.completions.create(ask('endless', { stream: true }))) {
    if (chunk.choices[0].delta.content) break;
  }
  await leftAfter(before);
});
await step('without /v1 in the base address', async () => {
  is((await new OpenAI({ baseURL: base, apiKey: key }).chat.completions.create(ask('hi'))).choices[0].message.content, TEXT, 'text');
});
await step('as Azure is called', async () => {
  const azure = new AzureOpenAI({ endpoint: base, apiKey: key, apiVersion: '2024-10-21', deployment: 'gpt-4o' });
  is((await azure.chat.completions.create({ messages: ask('hi').messages })).choices[0].message.content, TEXT, 'text');
});
done();

import Anthropic from '@anthropic-ai/sdk';
import { base, key, wrongKey, TEXT, step, is, throws, unique, seen, leftAfter, done } from '../check.mjs';

const client = new Anthropic({ baseURL: base, apiKey: key, maxRetries: 0 });
const ask = (content, more = {}) => ({ model: 'claude-sonnet', max_tokens: 100, messages: [{ role: 'user', content }], ...more });
const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }];

await step('a message', async () => {
  const answer = await client.messages.create(ask('hi'));
  is([answer.content[0].text, answer.usage.input_tokens, answer.usage.output_tokens], [TEXT, 5, 7], 'answer');
});
await step('a bearer token', async () => is((await new Anthropic({ baseURL: base, apiKey: null, authToken: key }).messages.create(ask('hi'))).content[0].text, TEXT, 'text'));
await step('a message in a stream', async () => {
  const answer = await client.messages.stream(ask('hi')).finalMessage();
  is([answer.content[0].text, answer.usage.cache_read_input_tokens, answer.usage.output_tokens], [TEXT, 4, 7], 'answer');
});
await step('a tool is called', async () => is((await client.messages.create(ask('tool please', { tools }))).content[0].input, { city: 'Paris' }, 'input'));
await step('a tool is called in a stream', async () => is((await client.messages.stream(ask('tool please', { tools })).finalMessage()).content[0].input, { city: 'Paris' }, 'input'));
await step('tokens are counted', async () => is((await client.messages.countTokens({ model: 'claude-sonnet', messages: ask('hi').messages })).input_tokens, 14, 'tokens'));
await step('models come in pages', async () => {
  const models = [];
  for await (const model of client.models.list({ limit: 1 })) models.push(model.id);
  is(models.includes('claude-sonnet') && models.length > 1, true, 'models');
  is((await client.models.retrieve('claude-sonnet')).type, 'model', 'type');
});
await step('errors are the classes that people catch', async () => {
  await throws(() => new Anthropic({ baseURL: base, apiKey: wrongKey, maxRetries: 0 }).messages.create(ask('hi')), error => {
    is([error instanceof Anthropic.AuthenticationError, error.error.error.type, error.requestID?.startsWith('req_')], [true, 'authentication_error', true], '401');
  });
  await throws(() => client.messages.create(ask('hi', { max_tokens: -1 })), error => is([error instanceof Anthropic.BadRequestError, error.error.error.type], [true, 'invalid_request_error'], '400'));
  await throws(() => client.messages.create(ask('hi', { model: 'no-such' })), error => is([error instanceof Anthropic.NotFoundError, error.error.error.type], [true, 'not_found_error'], '404'));
  await throws(() => client.messages.create(ask('always 429')), error => is([error instanceof Anthropic.RateLimitError, error.error.error.type], [true, 'rate_limit_error'], '429'));
});
await step('a refusal that passes is retried', async () => {
  is((await new Anthropic({ baseURL: base, apiKey: key, maxRetries: 2 }).messages.create(ask(`fail once ${unique()}`))).content[0].text, TEXT, 'text');
});
await step('a stream that is broken off throws', () => throws(() => client.messages.stream(ask('break off')).finalMessage(), error => is(error instanceof Anthropic.AuthenticationError, false, 'class')));
await step('leaving a stream cancels it upstream', async () => {
  const before = await seen();
  for await (const event of await client.messages.create(ask('endless', { stream: true }))) {
    if (event.type === 'content_block_delta') break;
  }
  await leftAfter(before);
});
done();

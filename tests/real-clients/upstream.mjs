// A provider for the real clients to reach through the gateway: OpenAI's and Anthropic's APIs as far as the scripts use them, with answers that never change.
// What it does is chosen by words in the request: "tool please" calls the first tool, "read the note please" calls the one that runs commands, "fail once KEY" answers 429 the first time, "always 429", "break off" ends a
// stream in its middle, "endless" never ends one. It tells on stdout where it listens, and on GET /seen what it saw.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const WORDS = ['Hello', ' from', ' upstream'];
const TEXT = WORDS.join('');
const KEY = 'sk-upstream-key-0123456789';
const seen = { calls: 0, left: 0, wrongKeys: 0, sockets: 0 };
const failed = new Set();
const responses = new Map();
let ids = 0;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const id = prefix => `${prefix}${(++ids).toString().padStart(24, '0')}`;
const now = () => Math.floor(Date.now() / 1000);

function json(res, status, body, headers = {}) {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'x-request-id': id('up_'), ...headers });
  res.end(text);
}

const fail = (res, anthropic, status, type, code, message, headers) => json(res, status,
  anthropic ? { type: 'error', error: { type, message }, request_id: id('req_') } : { error: { message, type, param: null, code } }, headers);

// Sends events one by one, some milliseconds apart, as a model would; stops when the caller has left.
async function stream(res, ask, events, named) {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': id('up_') });
  const half = Math.ceil(events.length / 2);
  for (let at = 0; at < events.length || ask.endless; at++) {
    if (res.destroyed) return;
    if (ask.breakOff && at === half) return res.destroy();
    const event = events[Math.min(at, ask.endless ? half : events.length - 1)];
    res.write(event === '[DONE]' ? 'data: [DONE]\n\n' : `${named ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
    await pause(5);
  }
  res.end();
}

const toolName = tool => tool?.function?.name ?? tool?.name;

// The tool that is called, and with what: a program has many, and only runs the one that it knows how to.
function toolCall(ask, tools) {
  if (!tools || !(ask.tool || ask.note)) return null;
  if (ask.tool) return { name: toolName(tools[0]), input: { city: 'Paris' } };
  const shell = tools.map(toolName).find(name => ['exec_command', 'shell_command', 'shell', 'Bash'].includes(name));
  return shell && { name: shell, input: shell === 'shell' ? { command: ['cat', 'note.txt'] } : shell === 'exec_command' ? { cmd: 'cat note.txt' } : { command: 'cat note.txt', description: 'Reads the note' } };
}

function chat(res, body, ask) {
  const base = { id: id('chatcmpl-'), created: now(), model: body.model };
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 0 } };
  const called = toolCall(ask, body.tools);
  const calls = called && [{ index: 0, id: id('call_'), type: 'function', function: { name: called.name, arguments: JSON.stringify(called.input) } }];
  const reason = calls ? 'tool_calls' : 'stop';
  const text = body.response_format?.type === 'json_schema' || body.response_format?.type === 'json_object' ? '{"name":"Ann"}' : TEXT;
  if (!body.stream) {
    const message = { role: 'assistant', content: calls ? null : text, refusal: null, ...(calls ? { tool_calls: calls.map(({ index, ...call }) => call) } : {}) };
    return json(res, 200, { ...base, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: reason }], usage });
  }
  const chunk = (delta, finish) => ({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish ?? null }], usage: null });
  const deltas = calls ? [{ tool_calls: calls }] : text === TEXT ? WORDS.map(content => ({ content })) : [{ content: text }];
  const events = [chunk({ role: 'assistant', content: '' }), ...deltas.map(delta => chunk(delta)), chunk({}, reason)];
  if (body.stream_options?.include_usage) events.push({ ...base, object: 'chat.completion.chunk', choices: [], usage });
  return stream(res, ask, [...events, '[DONE]'], false);
}

function respond(res, body, ask) {
  const called = toolCall(ask, body.tools);
  const call = called && { id: id('fc_'), type: 'function_call', status: 'completed', call_id: id('call_'), name: called.name, arguments: JSON.stringify(called.input) };
  const text = body.text?.format?.type === 'json_schema' ? '{"name":"Ann"}' : TEXT;
  const message = { id: id('msg_'), type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] };
  const usage = { input_tokens: 11, input_tokens_details: { cached_tokens: 4 }, output_tokens: 7, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 18 };
  const whole = {
    id: id('resp_'), object: 'response', created_at: now(), status: 'completed', background: false, error: null, incomplete_details: null, instructions: null, model: body.model,
    output: [call ?? message], parallel_tool_calls: true, previous_response_id: body.previous_response_id ?? null, reasoning: {}, store: body.store ?? true, temperature: 1,
    text: body.text ?? { format: { type: 'text' } }, tool_choice: 'auto', tools: body.tools ?? [], top_p: 1, truncation: 'disabled', usage, metadata: {},
  };
  responses.set(whole.id, whole);
  if (!body.stream) return json(res, 200, whole);
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  const item = call ? { ...call, status: 'in_progress', arguments: '' } : { ...message, status: 'in_progress', content: [] };
  const at = { item_id: item.id, output_index: 0 };
  const part = { ...at, content_index: 0 };
  const events = [
    { type: 'response.created', response: begun }, { type: 'response.in_progress', response: begun }, { type: 'response.output_item.added', output_index: 0, item },
    ...call
      ? [{ type: 'response.function_call_arguments.delta', ...at, delta: call.arguments }, { type: 'response.function_call_arguments.done', ...at, name: call.name, arguments: call.arguments }]
      : [
        { type: 'response.content_part.added', ...part, part: { type: 'output_text', text: '', annotations: [] } },
        ...(text === TEXT ? WORDS : [text]).map(delta => ({ type: 'response.output_text.delta', ...part, delta, logprobs: [] })),
        { type: 'response.output_text.done', ...part, text, logprobs: [] },
        { type: 'response.content_part.done', ...part, part: message.content[0] },
      ],
    { type: 'response.output_item.done', output_index: 0, item: call ?? message }, { type: 'response.completed', response: whole },
  ].map((event, number) => ({ ...event, sequence_number: number }));
  return stream(res, ask, events, true);
}

function messages(res, body, ask) {
  const usage = { input_tokens: 5, cache_creation_input_tokens: 2, cache_read_input_tokens: 4, output_tokens: 7 };
  const called = toolCall(ask, body.tools);
  const block = called ? { type: 'tool_use', id: id('toolu_'), name: called.name, input: called.input } : { type: 'text', text: TEXT };
  const reason = block.type === 'tool_use' ? 'tool_use' : 'end_turn';
  const message = { id: id('msg_'), type: 'message', role: 'assistant', model: body.model, content: [block], stop_reason: reason, stop_sequence: null, usage };
  if (!body.stream) return json(res, 200, message);
  const deltas = block.type === 'tool_use' ? [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }] : WORDS.map(text => ({ type: 'text_delta', text }));
  return stream(res, ask, [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: block.type === 'tool_use' ? { ...block, input: {} } : { type: 'text', text: '' } },
    { type: 'ping' },
    ...deltas.map(delta => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ], true);
}

function embed(res, body) {
  const vector = [0.25, -0.5, 1];
  const data = [body.input].flat().map((_, index) => ({
    object: 'embedding', index, embedding: body.encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector,
  }));
  json(res, 200, { object: 'list', data, model: body.model, usage: { prompt_tokens: 8, total_tokens: 8 } });
}

function images(res, body, ask) {
  const usage = { input_tokens: 9, output_tokens: 1056, total_tokens: 1065, input_tokens_details: { text_tokens: 9, image_tokens: 0 } };
  if (!body.stream) return json(res, 200, { created: now(), data: Array.from({ length: body.n ?? 1 }, () => ({ b64_json: 'iVBORw0KGgo=' })), usage });
  return stream(res, ask, [{ type: 'image_generation.partial_image', partial_image_index: 0, b64_json: 'iVBORw0KGgo=' }, { type: 'image_generation.completed', b64_json: 'iVBORw0KGgo=', usage }], true);
}

const calls = {
  'chat/completions': chat,
  completions: (res, body) => json(res, 200, {
    id: id('cmpl-'), object: 'text_completion', created: now(), model: body.model, choices: [{ index: 0, text: TEXT, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  }),
  responses: respond,
  messages,
  'messages/count_tokens': res => json(res, 200, { input_tokens: 14 }),
  embeddings: embed,
  moderations: (res, body) => json(res, 200, { id: id('modr-'), model: 'omni-moderation-latest', results: [body.input].flat().map(() => ({ flagged: false, categories: {}, category_scores: {} })) }),
  'images/generations': images,
};

function answer(req, res, text) {
  const path = req.url.split('?')[0].replace(/^\/v1\//, '');
  const anthropic = 'anthropic-version' in req.headers;
  const stored = path.match(/^responses\/(resp_\d+)$/);
  seen.calls++;
  if ((anthropic ? req.headers['x-api-key'] : req.headers.authorization) !== (anthropic ? KEY : `Bearer ${KEY}`)) {
    seen.wrongKeys++;
    return fail(res, anthropic, 401, 'authentication_error', 'invalid_api_key', 'Not the key of this provider.');
  }
  if (req.method === 'GET' && path === 'models') return json(res, 200, { object: 'list', data: [] });
  if (stored && responses.has(stored[1])) {
    if (req.method === 'GET') return json(res, 200, responses.get(stored[1]));
    responses.delete(stored[1]);
    return json(res, 200, { id: stored[1], object: 'response', deleted: true });
  }
  if (req.method !== 'POST' || !(path in calls)) return fail(res, anthropic, 404, anthropic ? 'not_found_error' : 'invalid_request_error', 'unknown_url', 'No such path.');
  const body = JSON.parse(text);
  const ask = asked(body);
  if (ask.refuse) return fail(res, anthropic, 429, anthropic ? 'rate_limit_error' : 'requests', 'rate_limit_exceeded', 'Slow down.', { 'retry-after-ms': '20', 'retry-after': '1' });
  res.on('close', () => { seen.left += res.writableFinished ? 0 : 1; });
  return calls[path](res, body, ask);
}

// What the words of a request choose. Not those that programs add of their own, which are many and may be any.
function asked(body) {
  const words = JSON.stringify(body.messages ?? body.input ?? body);
  const once = words.match(/fail once (\w+)/)?.[1];
  const refuse = words.includes('always 429') || (once && !failed.has(once));
  failed.add(once);
  // A tool's result in the request means that it has been called.
  const called = /"role":"tool"|"type":"(function_call_output|tool_result)"/.test(words);
  return {
    refuse, tool: words.includes('tool please') && !called, note: words.includes('read the note please') && !called, breakOff: words.includes('break off'), endless: words.includes('endless'),
  };
}

// The responses API over a WebSocket: the same events, each a message.
function converse(socket) {
  seen.sockets++;
  const res = { get destroyed() { return socket.readyState !== socket.OPEN; }, writeHead() {}, end() {}, destroy: () => socket.terminate(), write: event => socket.send(event.match(/^data: (.*)$/m)[1]) };
  socket.on('message', async text => {
    const { type, ...body } = JSON.parse(text);
    const ask = asked(body);
    seen.calls++;
    if (type !== 'response.create') return socket.send(JSON.stringify({ type: 'error', status: 400, error: { type: 'invalid_request_error', code: null, message: 'No such event.', param: null } }));
    if (ask.refuse) return socket.send(JSON.stringify({ type: 'error', status: 429, error: { type: 'requests', code: 'rate_limit_exceeded', message: 'Slow down.', param: null }, headers: { 'retry-after': '1' } }));
    await respond(res, { ...body, stream: true }, ask);
  });
}

const server = createServer((req, res) => {
  if (req.url === '/seen') return json(res, 200, seen);
  const chunks = [];
  req.on('data', chunk => chunks.push(chunk));
  req.on('end', () => answer(req, res, Buffer.concat(chunks).toString()));
});
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (req, socket, head) => {
  const isMine = req.url === '/v1/responses' && req.headers.authorization === `Bearer ${KEY}`;
  if (isMine) return sockets.handleUpgrade(req, socket, head, converse);
  seen.wrongKeys++;
  socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

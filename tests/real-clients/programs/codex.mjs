import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base, key, wrongKey, TEXT, step, is, seen, unique, done } from '../check.mjs';
import { ends, folder, home, program, run } from './program.mjs';

const binary = program('@openai', 'codex', 'vendor', '*', 'bin', 'codex');
mkdirSync(join(home, '.codex'));
const settings = text => writeFileSync(join(home, '.codex', 'config.toml'), `check_for_update_on_startup = false\n${text}\n[analytics]\nenabled = false\n`);
const codex = (prompt, environment, ...more) =>
  run(binary, ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', ...more, prompt], { RUST_LOG: 'error', ...environment });
const said = result => result.lines().findLast(line => line.item?.type === 'agent_message')?.item.text;

// As a provider that people add to its settings.
settings(`model = "gpt-5-codex"
model_provider = "gateway"
[model_providers.gateway]
name = "gateway"
base_url = "${base}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1`);
await step('a turn, and what it used', async () => {
  const result = await codex('hi', { GATEWAY_KEY: key });
  ends(result, 0, 'codex');
  is([said(result), result.lines().findLast(line => line.type === 'turn.completed').usage.input_tokens], [TEXT, 11], 'turn');
});
await step('a tool is run', async () => {
  writeFileSync(join(folder, 'note.txt'), 'a word to be read');
  const result = await codex('read the note please', { GATEWAY_KEY: key });
  ends(result, 0, 'codex');
  const ran = result.lines().findLast(line => line.item?.type === 'command_execution')?.item;
  is([ran?.aggregated_output, said(result)], ['a word to be read', TEXT], 'turn');
});
await step('a refusal that passes is retried', async () => ends(await codex(`fail once ${unique()}`, { GATEWAY_KEY: key }), 0, 'codex'));
await step('a stream that is broken off is an error', async () => ends(await codex('break off', { GATEWAY_KEY: key }), 1, 'codex'));
await step('401 is an error', async () => {
  const result = await codex('hi', { GATEWAY_KEY: wrongKey });
  ends(result, 1, 'codex');
  is(/401/.test(result.out + result.err), true, 'told');
});

// As OpenAI itself at another address: a WebSocket first.
settings(`model = "gpt-5-codex"\nopenai_base_url = "${base}/v1"`);
await step('as OpenAI at another address', async () => {
  const before = await seen();
  const result = await codex('hi', { CODEX_API_KEY: key });
  ends(result, 0, 'codex');
  is([said(result), /reconnecting/i.test(result.out + result.err), (await seen()).sockets > before.sockets], [TEXT, false, true], 'turn');
});
await step('a tool is run over the WebSocket', async () => {
  const result = await codex('read the note please', { CODEX_API_KEY: key });
  ends(result, 0, 'codex');
  is(said(result), TEXT, 'turn');
});
done();

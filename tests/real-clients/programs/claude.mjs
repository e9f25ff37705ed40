import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base, key, wrongKey, TEXT, step, is, unique, done } from '../check.mjs';
import { ends, folder, home, program, run } from './program.mjs';

const binary = program('@anthropic-ai', 'claude-code', 'claude');
const claude = (credential, prompt, ...more) => run(binary, ['-p', prompt, ...more], {
  ...credential, ANTHROPIC_BASE_URL: base, ANTHROPIC_MODEL: 'claude-sonnet', CLAUDE_CONFIG_DIR: join(home, '.claude'), CLAUDE_CODE_MAX_RETRIES: '2', API_TIMEOUT_MS: '15000',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1',
});
const mine = { ANTHROPIC_API_KEY: key };

await step('a turn, and what it used', async () => {
  const result = await claude(mine, 'hi', '--output-format', 'json');
  ends(result, 0, 'claude');
  const answer = JSON.parse(result.out);
  is([answer.result, answer.usage.output_tokens], [TEXT, 7], 'turn');
});
await step('a stream, piece by piece', async () => {
  const result = await claude(mine, 'hi', '--output-format', 'stream-json', '--include-partial-messages', '--verbose');
  ends(result, 0, 'claude');
  const pieces = result.lines().filter(line => line.type === 'stream_event' && line.event.delta?.type === 'text_delta').map(line => line.event.delta.text);
  is(pieces, ['Hello', ' from', ' upstream'], 'pieces');
});
await step('a tool is run', async () => {
  writeFileSync(join(folder, 'note.txt'), 'a word to be read');
  const result = await claude(mine, 'read the note please', '--output-format', 'stream-json', '--verbose', '--allowedTools', 'Bash(cat:*)');
  ends(result, 0, 'claude');
  is([/a word to be read/.test(JSON.stringify(result.lines().filter(line => line.type === 'user'))), result.lines().at(-1).result], [true, TEXT], 'turn');
});
await step('a bearer token', async () => ends(await claude({ ANTHROPIC_AUTH_TOKEN: key }, 'hi'), 0, 'claude'));
await step('a refusal that passes is retried', async () => ends(await claude(mine, `fail once ${unique()}`), 0, 'claude'));
await step('401 is an error', async () => ends(await claude({ ANTHROPIC_API_KEY: wrongKey }, 'hi'), 1, 'claude'));
done();

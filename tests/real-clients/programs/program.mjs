// Runs a program as its user would, but with nothing of this machine's: an environment, a home and a folder of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

// Not below /tmp, where Codex takes no home.
export const home = mkdtempSync('/var/tmp/real-clients-');
export const folder = join(home, 'work');
mkdirSync(folder);
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

// The program itself, which npm keeps in a package for this machine's kind of processor.
export function program(scope, name, ...inside) {
  const kind = `${name}-linux-${process.arch}`;
  const steps = inside.map(step => step === '*' ? readdirSync(join(here, 'node_modules', scope, kind, 'vendor'))[0] : step);
  return join(here, 'node_modules', scope, kind, ...steps);
}

export function run(binary, args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd: folder, env: { HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', NO_COLOR: '1', ...environment }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let out = '';
    let err = '';
    child.stdout.on('data', chunk => { out += chunk; });
    child.stderr.on('data', chunk => { err += chunk; });
    child.on('error', reject);
    child.on('close', code => resolve({ code, out, err, lines: () => out.split('\n').filter(Boolean).map(line => JSON.parse(line)) }));
  });
}

export function ends(result, code, what) {
  if ((result.code === 0) !== (code === 0)) throw new Error(`${what}: ended with ${result.code}\n${result.out.slice(-600)}\n${result.err.slice(-600)}`);
}

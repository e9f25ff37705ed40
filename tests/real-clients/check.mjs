// What every script needs: where to call, and steps that are counted. A step that throws has failed; the others go on.
import { basename } from 'node:path';

export const base = process.env.GATEWAY_URL;
export const key = process.env.GATEWAY_KEY;
export const upstream = process.env.UPSTREAM_URL;
export const TEXT = 'Hello from upstream';
export const wrongKey = 'sk-gw-thisKeyWasNeverIssued000000000000';

const client = basename(process.argv[1], '.mjs');

let passed = 0;
let failed = 0;
let names = 0;

export const unique = () => `k${process.pid}x${++names}`;

export function is(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

export async function throws(action, check) {
  let error;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  if (!error) throw new Error('nothing was thrown');
  check(error);
}

// Programs take longer to start than a library takes to call.
export async function step(name, action, seconds = 60) {
  let timer;
  try {
    await Promise.race([action(), new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000); })]);
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAILED ${client}: ${name}: ${error?.stack ?? error}`);
  } finally {
    clearTimeout(timer);
  }
}

// How many callers the upstream has seen leave before it was done, waited for until it is more than before.
export const seen = async () => (await fetch(`${upstream}/seen`)).json();

export async function leftAfter(before) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await seen()).left > before.left) return;
    await new Promise(resolve => setTimeout(resolve, 30));
  }
  throw new Error('the upstream call was not cancelled');
}

export function done() {
  console.log(`${client}: ${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

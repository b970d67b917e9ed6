// What becomes of the addon when memory, descriptors, threads or Node refuse it what it asks for, call by call
// (media-scarce.mjs), in a process of its own, which a crash would end.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { loadNative } from '../../src/native.ts';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const hasAlsa = loadNative().alsaResolve('null') !== undefined;

interface Swept {
  readonly calls: number;
  readonly faults: readonly string[];
}

async function sweep(what: string): Promise<Swept> {
  const { stdout } = await run(process.execPath, ['--expose-gc', here('media-scarce.mjs'), what]);
  return JSON.parse(stdout) as Swept;
}

beforeAll(async () => {
  await run('make', ['-C', here('../../native'), 'scarce-addon']);
  expect(existsSync(here('../../build/scarce.node'))).toBe(true);
}, 300_000);

async function leavesNothingBehind(what: string, atLeast: number): Promise<void> {
  const { calls, faults } = await sweep(what);
  expect(faults).toEqual([]);
  expect(calls).toBeGreaterThanOrEqual(atLeast);
}

/** With how many calls there are at least: the engine's own block and wake-up, its pools, five descriptors, two threads. */
it.each([
  ['engine', 20],
  ['file', 25],
  ['session', 7],
  ['sound', 8],
  ['watch', 8],
])('%s: each refusal is thrown and leaves nothing behind', leavesNothingBehind, 120_000);

it.runIf(hasAlsa).each([
  ['card', 28],
  ['cards', 2],
])('%s: each refusal is thrown, or waited for, and leaves nothing behind', leavesNothingBehind, 120_000);

// Processes and workers that end with a call up: no hang, no crash, nothing left.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const child = fileURLToPath(new URL('./media-child.mjs', import.meta.url));

/** Runs a program of media-child.mjs; one that hangs is ended long before the test's own limit, and so told from a failure. */
function run(
  way: string,
  limitMs = 15_000,
  before: readonly string[] = [],
): Promise<{ code: number | null; signal: string | null; errors: string }> {
  return new Promise((done) => {
    const [program = process.execPath, ...rest] = [...before, process.execPath, '--expose-gc', child, way];
    const started = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    started.stderr.on('data', (text) => {
      errors += String(text);
    });
    const limit = setTimeout(() => started.kill('SIGKILL'), limitMs);
    started.once('exit', (code, signal) => {
      clearTimeout(limit);
      done({ code, signal, errors });
    });
  });
}

describe('with a call up', () => {
  it.each(['idle', 'exit', 'worker', 'worker-exit', 'collect'])('%s ends cleanly', async (way) => {
    expect(await run(way)).toEqual({ code: 0, signal: null, errors: '' });
  });

  // A million: DOORPHONE_CYCLES=1000000 node --expose-gc test/integration/media-child.mjs cycles
  it.each(['cycles', 'engines'])(
    '%s leave neither memory nor descriptors nor threads',
    { timeout: 60_000 },
    async (way) => {
      expect(await run(way, 45_000)).toEqual({ code: 0, signal: null, errors: '' });
    },
  );

  it.each(['throw', 'throw-in-wake'])('%s is an uncaught exception and no crash', async (way) => {
    const { code, signal, errors } = await run(way);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(errors).toContain('on purpose');
  });
});

describe('memory of the engine’s thread', () => {
  // Root's capability goes before the limit.
  const uncapable = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-ipc_lock', '--'] : [];

  it.each([
    { bytes: 0, locked: '0\n' },
    { bytes: 4 << 20, locked: '1\n' },
  ])('with $bytes octets to lock it is said whether it is', async ({ bytes, locked }) => {
    const limited = [...uncapable, 'prlimit', `--memlock=${bytes}`];
    expect(await run('memory-locked', 15_000, limited)).toEqual({ code: 0, signal: null, errors: locked });
  });
});

// Processes and workers that end with a call up: no hang, no crash, nothing left.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const child = fileURLToPath(new URL('./media-child.mjs', import.meta.url));

/** Runs a program of media-child.mjs. */
function run(way: string): Promise<{ code: number | null; signal: string | null; errors: string }> {
  return new Promise((done) => {
    const started = spawn(process.execPath, ['--expose-gc', child, way], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    started.stderr.on('data', (text) => {
      errors += String(text);
    });
    // Long before the test's own limit, so that a hang is told from a failure.
    const limit = setTimeout(() => started.kill('SIGKILL'), 15_000);
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

  it.each(['throw', 'throw-in-wake'])('%s is an uncaught exception and no crash', async (way) => {
    const { code, signal, errors } = await run(way);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(errors).toContain('on purpose');
  });
});

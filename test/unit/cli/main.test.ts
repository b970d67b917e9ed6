import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandRegistry } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import { silentLog } from '../../../src/base/log.ts';
import { ControlServer } from '../../../src/control/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let folder: string;
let program: string;
let journal: Journal;
let server: ControlServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-main-'));
  program = join(folder, 'doorphone.mjs');
  await build({
    entryPoints: { doorphone: 'src/cli/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    define: { __DOORPHONE_VERSION__: '"9.8.7"' },
    // What a control command must not need: it cannot be found here.
    external: ['../app/service.ts', '../app/release.ts', '../app/dhcp-inform.ts', '../demo/demo.ts', 'yaml', 'valibot'],
  });
  journal = new Journal(new FakeClock(), silentLog);
  const registry = new CommandRegistry();
  registry.handle('press', () => ({ ok: true, result: { button: 'front' } }));
  server = new ControlServer({ path: join(folder, 'control.sock'), registry, journal, log: silentLog });
  await server.start();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program. @param linesToRead after so many lines of output the reader goes away, as `head` does */
function run(args: readonly string[], linesToRead = Number.POSITIVE_INFINITY): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { DOORPHONE_STATE: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.split('\n').length > linesToRead) child.stdout.destroy();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('close', (exitCode) => done({ exitCode, out, err }));
  });
}

describe('the program', () => {
  it('has exit codes, and a press needs neither YAML nor the service', async () => {
    expect(await run(['--version'])).toEqual({ exitCode: 0, out: '9.8.7\n', err: '' });
    expect(await run(['press'])).toEqual({ exitCode: 0, out: 'pressed front\n', err: '' });
    expect(await run(['press', '--socket', join(folder, 'none')])).toMatchObject({ exitCode: 1, out: '' });
    expect(await run(['pres'])).toMatchObject({ exitCode: 2, out: '' });
  });

  it('delivers all that it wrote before it ends', async () => {
    for (let event = 0; event < 900; event += 1) journal.record('door.closed', { door: `door-${event}` });
    const { exitCode, out } = await run(['events']);
    expect(exitCode).toBe(0);
    expect(out.split('\n')).toHaveLength(901);
    expect(out).toContain('door-899');
  });

  it('is quiet when its reader goes away', async () => {
    const followed = run(['events', '--follow'], 1);
    let ended = false;
    const end = followed.finally(() => {
      ended = true;
    });
    while (!ended) {
      journal.record('door.closed', { door: 'main' });
      await new Promise((done) => setImmediate(done));
    }
    expect(await end).toMatchObject({ exitCode: 0, err: '' });
  });
});

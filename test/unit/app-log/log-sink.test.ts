import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorSink, StreamSink, standardErrorSink } from '../../../src/app/log-sink.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Both ends of a pipe, neither of which blocks. */
function openPipe(): { reader: number; writer: number } {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

function readAll(reader: number): string {
  const buffer = Buffer.alloc(1024 * 1024);
  let text = '';
  for (;;) {
    try {
      const length = readSync(reader, buffer);
      if (length === 0) return text;
      text += buffer.toString('latin1', 0, length);
    } catch {
      return text;
    }
  }
}

describe('a descriptor that does not block', () => {
  it('gives lines up when the pipe is full, and goes on with whole lines when it is read again', () => {
    const { reader, writer } = openPipe();
    const sink = new DescriptorSink(writer);
    const line = (mark: string): string => `${mark.repeat(9999)}\n`;
    let taken = 0;
    while (sink.write(line('a')) && taken < 1000) taken += 1;
    expect(taken).toBeGreaterThan(1);
    expect(taken).toBeLessThan(200);
    expect(sink.write(line('b'))).toBe(false);
    const before = readAll(reader);
    expect(sink.write(line('c'))).toBe(true);
    const lines = `${before}${readAll(reader)}`.split('\n').slice(0, -1);
    expect(new Set(lines.map((text) => `${text[0]} ${text.length}`))).toEqual(new Set(['a 9999', 'c 9999']));
    expect(lines).toHaveLength(taken + 1);
    closeSync(reader);
    sink.close();
  });

  it('gives lines up when the reader has gone', () => {
    const { reader, writer } = openPipe();
    const sink = new DescriptorSink(writer);
    closeSync(reader);
    expect(sink.write('x\n')).toBe(false);
    sink.close();
  });

  it('gives lines up when the descriptor is closed', () => {
    expect(new DescriptorSink(9999).write('x\n')).toBe(false);
  });

  it('appends to a file', () => {
    const path = join(folder, 'log');
    const descriptor = openSync(path, 'w');
    const sink = standardErrorSink(process.stderr, descriptor);
    expect(sink.write('one\n')).toBe(true);
    expect(sink.write('two\n')).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    closeSync(descriptor);
  });
});

describe('a stream', () => {
  it('is not fed when it queues too much, nor when it is destroyed', () => {
    const written: string[] = [];
    const stream = {
      writableLength: 0,
      destroyed: false,
      write: (text: string) => written.push(text) > 0,
      on: () => undefined,
    };
    const sink = new StreamSink(stream);
    expect(sink.write('a')).toBe(true);
    stream.writableLength = 65 * 1024;
    expect(sink.write('b')).toBe(false);
    stream.writableLength = 10;
    expect(sink.write('c')).toBe(true);
    stream.destroyed = true;
    expect(sink.write('d')).toBe(false);
    expect(written).toEqual(['a', 'c']);
  });

  it('serves where the descriptor cannot be opened again', () => {
    expect(standardErrorSink(process.stderr, 9999)).toBeInstanceOf(StreamSink);
  });
});

describe('a process whose standard error nobody reads', () => {
  /** Logs 20,000 lines of 1 kB, then says on standard output how much memory that took. */
  const program = `
    import { SystemClock } from ${JSON.stringify(fileURLToPath(new URL('../../../src/base/clock.ts', import.meta.url)))};
    import { standardErrorLog } from ${JSON.stringify(fileURLToPath(new URL('../../../src/app/log.ts', import.meta.url)))};
    const log = standardErrorLog({ clock: new SystemClock(), level: 'info' });
    const text = 'x'.repeat(1000);
    for (let line = 0; line < 20_000; line += 1) log.info('flood', { text });
    const megabytes = String(Math.round(process.memoryUsage().rss / 1024 / 1024));
    process.stdout.write(megabytes, () => process.exit(0));
  `;

  async function run(standardError: 'pipe' | number): Promise<{ code: number | null; megabytes: number }> {
    const outfile = join(folder, 'flood.mjs');
    const stdin = { contents: program, resolveDir: folder, loader: 'ts' } as const;
    await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm' });
    const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', standardError] });
    child.stderr?.pause();
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = await new Promise<number | null>((done) => child.on('exit', done));
    child.stderr?.destroy();
    return { code, megabytes: Number(said) };
  }

  const expectUnharmed = ({ code, megabytes }: { code: number | null; megabytes: number }): void => {
    expect(code).toBe(0);
    expect(megabytes).toBeGreaterThan(1);
    expect(megabytes).toBeLessThan(120);
  };

  it('neither blocks nor crashes nor grows, where it is a pipe', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const descriptor = openSync(path, constants.O_RDWR);
    expectUnharmed(await run(descriptor));
    closeSync(descriptor);
  });

  it('nor where it is a pipe whose reader has gone', async () => {
    const { reader, writer } = openPipe();
    closeSync(reader);
    expectUnharmed(await run(writer));
    closeSync(writer);
  });

  it('nor where it is a socket, as under systemd', async () => {
    expectUnharmed(await run('pipe'));
  });
});

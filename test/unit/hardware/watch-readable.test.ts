// Waiting for a descriptor by the addon: each time that it can be read, until it is no longer waited for.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadNative } from '../../../src/native.ts';

let folder: string;
let pipe: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  pipe = openSync(join(folder, 'pipe'), 'r+');
});
afterEach(() => {
  closeSync(pipe);
  rmSync(folder, { recursive: true });
});

it('tells each time, and no more once it was ended', async () => {
  const addon = loadNative();
  const bytes = Buffer.alloc(8);
  let told = (): void => undefined;
  const read: string[] = [];
  const watch = addon.watchReadable(pipe, () => {
    read.push(bytes.toString('latin1', 0, readSync(pipe, bytes)));
    told();
  });
  for (const text of ['one', 'two']) {
    const done = new Promise<void>((resolve) => {
      told = resolve;
    });
    writeSync(pipe, text);
    await done;
  }
  addon.unwatchReadable(watch);
  addon.unwatchReadable(watch);
  writeSync(pipe, 'three');
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(read).toEqual(['one', 'two']);
});

it('refuses what cannot be waited for', () => {
  const addon = loadNative();
  const file = openSync(join(folder, 'file'), 'w+');
  expect(() => addon.watchReadable(file, () => undefined)).toThrow(/cannot be watched/);
  expect(() => addon.watchReadable(-1, () => undefined)).toThrow();
  closeSync(file);
});

// The power may go at any moment: what is read afterwards is whole.

import * as fs from 'node:fs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asideStoreFileAt, type FileSystem, storeFileAt } from '../../../src/app/store-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

class PowerCut extends Error {}

/** Works for `calls` calls, then no more: the last write is torn. */
function failingAfter(calls: number): FileSystem & { readonly used: () => number } {
  let used = 0;
  const count = (): void => {
    if (used >= calls) throw new PowerCut();
    used += 1;
  };
  return {
    used: () => used,
    readFileSync: fs.readFileSync,
    openSync: (path, flags, mode) => {
      count();
      return fs.openSync(path, flags, mode);
    },
    writeSync: (descriptor, bytes, offset) => {
      if (used >= calls) {
        fs.writeSync(descriptor, bytes, offset, Math.floor((bytes.length - offset) / 2));
        throw new PowerCut();
      }
      used += 1;
      return fs.writeSync(descriptor, bytes, offset);
    },
    fsyncSync: (descriptor) => {
      count();
      fs.fsyncSync(descriptor);
    },
    // A dead machine closes nothing; this one has to, or the test runs out of files.
    closeSync: fs.closeSync,
    renameSync: (from, to) => {
      count();
      fs.renameSync(from, to);
    },
  };
}

describe('a file that is replaced', () => {
  it('is the old or the new one, wherever the power goes', () => {
    const path = join(folder, 'memory.json');
    let finished = false;
    for (let calls = 0; !finished; calls += 1) {
      writeFileSync(path, 'old and whole');
      const system = failingAfter(calls);
      try {
        storeFileAt(path, system).replace('new and whole');
        finished = true;
      } catch (thrown) {
        if (!(thrown instanceof PowerCut)) throw thrown;
      }
      expect(['old and whole', 'new and whole']).toContain(storeFileAt(path).read());
      if (finished) expect(calls).toBeGreaterThanOrEqual(5);
    }
    expect(readFileSync(path, 'utf8')).toBe('new and whole');
  });

  it('is readable by its owner alone', () => {
    const path = join(folder, 'memory.json');
    storeFileAt(path).replace('secret');
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is empty where there is none', () => {
    expect(storeFileAt(join(folder, 'none')).read()).toBe('');
  });
});

describe('a file that is written aside', () => {
  it('holds what was appended and what has taken its place, for its owner alone', async () => {
    const path = join(folder, 'fleet.jsonl');
    const file = asideStoreFileAt(path);
    await file.aside?.append('one\n');
    await file.aside?.append('two\n');
    expect(file.read()).toBe('one\ntwo\n');
    await file.aside?.replace('three\n');
    expect(file.read()).toBe('three\n');
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(folder)).toEqual(['fleet.jsonl']);
  });

  it('says what the system refuses', async () => {
    const file = asideStoreFileAt(join(folder, 'missing', 'fleet.jsonl'));
    await expect(file.aside?.append('one\n')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

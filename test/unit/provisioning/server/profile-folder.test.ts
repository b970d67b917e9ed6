import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProfileFolder } from '../../../../src/provisioning/server/profile-folder.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('a folder that is watched', () => {
  let path: string;
  let clock: FakeClock;
  let folder: ProfileFolder;
  let changes: number;

  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'profiles-'));
    writeFileSync(join(path, 'common.yaml'), 'name: Door\n');
    clock = new FakeClock();
    folder = new ProfileFolder(path, clock);
    changes = 0;
    folder.watch(() => {
      changes += 1;
    });
  });

  afterEach(() => {
    folder.close();
    rmSync(path, { recursive: true });
  });

  /** The kernel has said so, and a look at the folder is planned. */
  async function announced(): Promise<void> {
    await vi.waitFor(() => expect(clock.timers.map((timer) => timer.in)).toEqual([100]));
  }

  it('tells of a file that was written, as soon as the kernel has', async () => {
    writeFileSync(join(path, 'common.yaml'), 'name: Other door\n');
    await announced();
    clock.advance(100);
    expect(changes).toBe(1);
  });

  it('tells of files in a folder that was not there before', async () => {
    mkdirSync(join(path, 'devices'));
    await announced();
    clock.advance(100);
    writeFileSync(join(path, 'devices', 'b827eb010203.yaml'), 'name: Gate\n');
    await announced();
    clock.advance(100);
    expect(changes).toBe(1);
  });

  it('tells of files in a folder that has taken the place of another', async () => {
    mkdirSync(join(path, 'devices'));
    await announced();
    clock.advance(100);
    mkdirSync(join(path, 'new'));
    renameSync(join(path, 'devices'), join(path, 'old'));
    renameSync(join(path, 'new'), join(path, 'devices'));
    await announced();
    clock.advance(100);
    writeFileSync(join(path, 'devices', 'b827eb010203.yaml'), 'name: Gate\n');
    await announced();
    clock.advance(100);
    expect(changes).toBe(1);
  });

  it('tells nothing where a file was touched that counts for nothing', async () => {
    writeFileSync(join(path, 'README'), 'mine');
    await announced();
    clock.advance(10_000);
    expect(changes).toBe(0);
  });

  it('looks by itself, too: of a folder on another machine the kernel knows nothing', () => {
    // Before the kernel's word can arrive.
    writeFileSync(join(path, 'common.yaml'), 'name: Other door\n');
    clock.advance(1000);
    expect(changes).toBe(1);
  });

  it('looks no more when it is closed', () => {
    folder.close();
    expect(clock.timers).toEqual([]);
  });
});

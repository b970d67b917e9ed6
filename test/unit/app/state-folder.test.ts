// A state folder that is lost with the power says so itself, and the service says it on.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { volatileBecause } from '../../../src/app/state-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a folder on a disk has nothing to say', () => {
  expect(volatileBecause(folder)).toBeUndefined();
  expect(volatileBecause(join(folder, 'nowhere'))).toBeUndefined();
});

it('one in memory says why, in one short line that can be printed', () => {
  writeFileSync(join(folder, 'volatile'), '/dev/mmcblk0p3 can be read only\n');
  expect(volatileBecause(folder)).toBe('/dev/mmcblk0p3 can be read only');
  writeFileSync(join(folder, 'volatile'), `a\u001b[2Jb${'c'.repeat(1000)}\nmore`);
  expect(volatileBecause(folder)).toMatch(/^a\?\[2Jbc{194}$/);
});

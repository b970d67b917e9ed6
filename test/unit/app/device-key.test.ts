import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRecipient, readDeviceKey } from '../../../src/app/device-key.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the key of a board', () => {
  it('is made when it is asked for first, stays, and is for its user alone', async () => {
    expect(readDeviceKey(folder)).toBeUndefined();
    const recipient = await deviceRecipient(folder);
    expect(recipient).toMatch(/^age1[a-z0-9]{58}$/);
    expect(await deviceRecipient(folder)).toBe(recipient);
    expect(statSync(join(folder, 'device.key')).mode & 0o077).toBe(0);
    expect(String(readDeviceKey(folder))).toBe('[secret]');
    expect(readDeviceKey(folder)?.reveal()).toBe(readFileSync(join(folder, 'device.key'), 'utf8').trim());
  });

  it('is none where half of it is there', async () => {
    writeFileSync(join(folder, 'device.key'), 'AGE-SECRET-KEY-1ABC');
    expect(readDeviceKey(folder)).toBeUndefined();
    expect(await deviceRecipient(folder)).toMatch(/^age1/);
  });
});

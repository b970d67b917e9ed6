import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadNative } from '../../../src/native.ts';

describe('loading the addon', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'doorphone-native-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('names the missing file and the mend', () => {
    const file = join(folder, 'doorphone.node');
    expect(() => loadNative(file)).toThrow(
      expect.objectContaining({ code: 'addon-missing', line: expect.stringContaining('make build') }),
    );
  });

  it('refuses what is no addon', () => {
    const file = join(folder, 'doorphone.node');
    writeFileSync(file, 'not a shared object');
    expect(() => loadNative(file)).toThrow(expect.objectContaining({ code: 'addon-unusable' }));
  });

  it('refuses an addon of another version', () => {
    const file = join(folder, 'other.cjs');
    writeFileSync(file, 'module.exports = { errorCodes: ["no-port"], engineCreate() {} };');
    expect(() => loadNative(file)).toThrow(
      expect.objectContaining({ code: 'addon-unusable', message: expect.stringContaining('another version') }),
    );
  });
});

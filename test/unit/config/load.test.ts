import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { loadConfiguration } from '../../../src/config/index.ts';
import { SMALL } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function failure(file: string): DoorphoneError {
  try {
    loadConfiguration(file, {});
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return thrown;
  }
  throw new Error('it was read');
}

describe('a file on the disk', () => {
  it('is read with the secrets beside it', () => {
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets/sip'), 'hunter2\n', { mode: 0o600 });
    const text = SMALL.replace('\nbuttons:', '\n    password: { file: secrets/sip }\nbuttons:');
    writeFileSync(join(folder, 'door.yaml'), text);
    const { configuration, faults, warnings } = loadConfiguration(join(folder, 'door.yaml'), {});
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
    expect(configuration?.accounts[0]?.password?.reveal()).toBe('hunter2');
  });

  it('that everybody can read and that holds a secret in clear is warned of', () => {
    const file = join(folder, 'door.yaml');
    writeFileSync(file, `${SMALL}doors: { main: { relay: relay, code: "4711" } }\n`);
    chmodSync(file, 0o644);
    expect(loadConfiguration(file, {}).warnings.map(({ key }) => key)).toEqual(['doors.main.code']);
    chmodSync(file, 0o600);
    expect(loadConfiguration(file, {}).warnings).toEqual([]);
  });

  it('that is a pipe or a device is not waited for, nor read without end', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero']) {
      expect(failure(path).message).toBe(`the configuration ${path} is a pipe or a device, not a file`);
    }
    const file = join(folder, 'door.yaml');
    writeFileSync(file, SMALL.replace('\nbuttons:', '\n    password: { file: pipe }\nbuttons:'));
    expect(loadConfiguration(file, {}).faults.map(({ key, what }) => `${key}: ${what}`)).toEqual([
      `accounts[0].password: names ${pipe}, which is a pipe or a device, not a file`,
    ]);
  });

  it('that is missing, a folder or too large is one clear error', () => {
    writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(1024 * 1024 + 1, 0x20));
    expect(failure(join(folder, 'none.yaml'))).toMatchObject({
      code: 'configuration-missing',
      line: `the configuration ${folder}/none.yaml does not exist; create it, or name another with --config`,
    });
    expect(failure(folder).line).toBe(`the configuration ${folder} is a folder; check the path and its permissions`);
    expect(failure(join(folder, 'large.yaml')).message).toBe(`the configuration ${folder}/large.yaml is too large`);
  });
});

// The units of systemd, as systemd itself judges them.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const BOARD = new URL('../../board/', import.meta.url).pathname;
const IMAGE = 'image/root/usr/lib/systemd/system';

function analyze(...words: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

describe('the units of systemd', () => {
  // In tenths of what `systemd-analyze security` shows: 20 is an exposure of 2.0.
  test.each([
    ['systemd/doorphone.service', 20],
    ['systemd/doorphone-dhcp.service', 25],
    ['systemd/doorphone-firmware.service', 45],
    ['systemd/doorphone-firmware-answer.service', 45],
    [`${IMAGE}/doorphone-settings.service`, 27],
    [`${IMAGE}/doorphone-reset-button.service`, 27],
    // It mounts for everybody, early: a namespace of its own is none of its ways to be bounded.
    [`${IMAGE}/doorphone-data.service`, 56],
  ])('%s is exposed to no more than it must be', (unit, most) => {
    const { status, text } = analyze('security', '--offline=true', `--threshold=${most}`, `${BOARD}${unit}`);
    expect(text).toContain('Overall exposure level');
    expect(status, text).toBe(0);
  });
});

test('an image’s units and mounts wait for one another in no circle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['units/local-fs.target.wants', 'early', 'late'])
    mkdirSync(join(folder, name), { recursive: true });
  const units = join(folder, 'units');
  execFileSync(
    '/usr/lib/systemd/system-generators/systemd-fstab-generator',
    [units, join(folder, 'early'), join(folder, 'late')],
    {
      env: { ...process.env, SYSTEMD_FSTAB: `${BOARD}image/root/etc/fstab` },
    },
  );
  cpSync(`${BOARD}${IMAGE}`, units, { recursive: true });
  cpSync(`${BOARD}systemd/doorphone.service`, join(units, 'doorphone.service'));
  symlinkSync('../doorphone-data.service', join(units, 'local-fs.target.wants/doorphone-data.service'));
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    [
      'verify',
      '--man=no',
      'local-fs.target',
      'doorphone-settings.service',
      'doorphone-reset-button.service',
      'doorphone.service',
    ],
    { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` } },
  );
  expect(`${stdout}${stderr}`).not.toMatch(/cycle|Unknown|Failed to (parse|add)/);
});

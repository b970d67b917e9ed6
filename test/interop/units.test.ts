// The units of systemd, as systemd itself judges them.

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

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
  ])('%s is exposed to no more than it must be', (unit, most) => {
    const { status, text } = analyze('security', '--offline=true', `--threshold=${most}`, `${BOARD}${unit}`);
    expect(text).toContain('Overall exposure level');
    expect(status, text).toBe(0);
  });
});

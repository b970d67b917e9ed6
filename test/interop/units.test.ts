// The units of systemd, as systemd itself judges them.

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const UNITS = new URL('../../board/systemd/', import.meta.url).pathname;

function analyze(...words: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

describe('the units of systemd', () => {
  // In tenths of what `systemd-analyze security` shows: 20 is an exposure of 2.0.
  test.each([
    ['doorphone.service', 20],
    ['doorphone-dhcp.service', 25],
    ['doorphone-firmware.service', 45],
    ['doorphone-firmware-answer.service', 45],
  ])('%s is exposed to no more than it must be', (unit, most) => {
    const { status, text } = analyze('security', '--offline=true', `--threshold=${most}`, `${UNITS}${unit}`);
    expect(text).toContain('Overall exposure level');
    expect(status, text).toBe(0);
  });
});

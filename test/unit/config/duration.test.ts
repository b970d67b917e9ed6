import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import { formatDuration, parseDuration } from '../../../src/config/index.ts';

describe('durations', () => {
  it.each([
    [0, '0s'],
    [20, '20ms'],
    [1500, '1500ms'],
    [3000, '3s'],
    [90_000, '90s'],
    [300_000, '5m'],
    [86_400_000, '24h'],
  ])('%d ms is written %s and read back', (ms, text) => {
    expect(formatDuration(millis(ms))).toBe(text);
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  it.each(['', 's', '3', '3 d', '1e3s', '٣s', '3s 2m', '--3s', '99999999999s'])('%j is none', (text) => {
    expect(parseDuration(text).ok).toBe(false);
  });
});

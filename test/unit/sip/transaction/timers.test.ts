import { describe, expect, it } from 'vitest';
import { millis } from '../../../../src/base/units.ts';
import {
  defaultTimers,
  grownValue,
  startValue,
  type TransactionTimer,
} from '../../../../src/sip/transaction/timers.ts';

describe('timer values', () => {
  // RFC 3261 Table 4 with RFC 6026 §8.11, T1 500 ms, T2 4 s, T4 5 s: name, unreliable, reliable.
  const table4: readonly (readonly [TransactionTimer, number | undefined, number | undefined])[] = [
    ['A', 500, undefined],
    ['B', 32_000, 32_000],
    ['D', 32_000, 0],
    ['E', 500, undefined],
    ['F', 32_000, 32_000],
    ['G', 500, undefined],
    ['H', 32_000, 32_000],
    ['I', 5000, 0],
    ['J', 32_000, 0],
    ['K', 5000, 0],
    ['L', 32_000, 32_000],
    ['M', 32_000, 32_000],
    ['cancelled', 32_000, 32_000],
    ['trying', 200, 200],
  ];

  it.each(table4)('timer %s: %s ms, %s ms where the transport is reliable', (timer, unreliable, reliable) => {
    expect(startValue(timer, defaultTimers, false)).toBe(unreliable);
    expect(startValue(timer, defaultTimers, true)).toBe(reliable);
  });

  it('follows T1 and T4, but timer D never goes below 32 s (RFC 6026 §8.4)', () => {
    const fast = { t1: millis(100), t2: millis(400), t4: millis(500) };
    expect(startValue('B', fast, false)).toBe(6400);
    expect(startValue('K', fast, false)).toBe(500);
    expect(startValue('D', fast, false)).toBe(32_000);
    const slow = { ...fast, t1: millis(1000) };
    expect(startValue('D', slow, false)).toBe(64_000);
  });

  it('doubles A without end, E and G up to T2', () => {
    expect(grownValue('A', millis(4000), defaultTimers)).toBe(8000);
    expect(grownValue('E', millis(1000), defaultTimers)).toBe(2000);
    expect(grownValue('E', millis(4000), defaultTimers)).toBe(4000);
    expect(grownValue('G', millis(4000), defaultTimers)).toBe(4000);
  });
});

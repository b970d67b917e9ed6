import { describe, expect, it } from 'vitest';
import { SystemRandom } from '../../../src/base/random.ts';

describe('SystemRandom', () => {
  it('gives bytes of the length that was asked for, never the same twice, across its refills', () => {
    const random = new SystemRandom();
    const seen = new Set<string>();
    for (let count = 0; count < 2000; count += 1) {
      const hex = random.hex(16);
      expect(hex).toMatch(/^[0-9a-f]{32}$/);
      seen.add(hex);
    }
    expect(seen.size).toBe(2000);
  });

  it.each([0, 1, 2048, 2049, 10_000])('gives %d bytes', (length) => {
    expect(new SystemRandom().bytes(length)).toHaveLength(length);
  });

  it('does not change what it has given', () => {
    const random = new SystemRandom();
    const first = random.bytes(30);
    const copy = Buffer.from(first);
    for (let count = 0; count < 500; count += 1) random.bytes(30);
    expect(first.equals(copy)).toBe(true);
  });

  it('spreads evenly over [0, 1)', () => {
    const random = new SystemRandom();
    const tenths = new Array<number>(10).fill(0);
    for (let count = 0; count < 20_000; count += 1) {
      const value = random.uniform();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      const tenth = Math.floor(value * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // Six standard deviations of a binomial with 20,000 draws: 42 each.
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(6 * 42);
  });
});

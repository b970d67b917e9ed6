// RFC 2782: the order of SRV records, by its own example and by chance that can be repeated.

import { describe, expect, it } from 'vitest';
import { byPriority, byWeight } from '../../../../src/sip/locate/srv-order.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

interface Box {
  readonly priority: number;
  readonly weight: number;
  readonly target: string;
}

const box = (priority: number, weight: number, target: string): Box => ({ priority, weight, target });

/** RFC 2782, fictional example. */
const EXAMPLE = [box(0, 1, 'old-slow-box'), box(0, 3, 'new-fast-box'), box(1, 0, 'sysadmins-box'), box(1, 0, 'server')];

/** How often each comes first in so many orders. */
function firsts(boxes: readonly Box[], rounds: number, seed: number): Map<string, number> {
  const random = new SeededRandom(seed);
  const counts = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const first = byWeight(boxes, random)[0]?.target ?? '';
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

/** Pearson's statistic of counts against expected shares. */
function chiSquare(
  counts: ReadonlyMap<string, number>,
  shares: Readonly<Record<string, number>>,
  rounds: number,
): number {
  return Object.entries(shares).reduce((sum, [target, share]) => {
    const expected = share * rounds;
    return sum + ((counts.get(target) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

const scripted = (value: number) => ({
  uniform: () => value,
  bytes: (length: number) => Buffer.alloc(length),
  hex: (length: number) => '0'.repeat(2 * length),
});

describe('priorities', () => {
  it('go from the lowest number up', () => {
    const shuffled = [box(65_535, 0, 'd'), box(1, 0, 'b'), box(0, 0, 'a'), box(20, 0, 'c')];
    expect(byPriority(shuffled).map((group) => group.map(({ target }) => target))).toEqual([
      ['a'],
      ['b'],
      ['c'],
      ['d'],
    ]);
  });

  it('keep those of one number together', () => {
    expect(byPriority(EXAMPLE).map((group) => group.length)).toEqual([2, 2]);
  });
});

describe('weights', () => {
  // The draw is a whole number from 0 to the sum inclusive, so that weight w of a sum s is chosen in w of s + 1 draws,
  // and who stands first in one more.
  it('make three quarters of the logins go to the new fast box, nearly: 3 of 5 draws, 2 of 5 to the first', () => {
    const rounds = 20_000;
    const counts = firsts(EXAMPLE.slice(0, 2), rounds, 1);
    // One degree of freedom: 10.8 is exceeded by chance once in a thousand.
    expect(chiSquare(counts, { 'old-slow-box': 2 / 5, 'new-fast-box': 3 / 5 }, rounds)).toBeLessThan(10.8);
  });

  it('share the load as they are large', () => {
    const rounds = 20_000;
    const boxes = [box(0, 100, 'a'), box(0, 200, 'b'), box(0, 300, 'c'), box(0, 400, 'd')];
    const counts = firsts(boxes, rounds, 2);
    const shares = { a: 101 / 1001, b: 200 / 1001, c: 300 / 1001, d: 400 / 1001 };
    // Three degrees of freedom: 16.3 once in a thousand.
    expect(chiSquare(counts, shares, rounds)).toBeLessThan(16.3);
  });

  it('of zero beside larger ones have a very small chance, and not none', () => {
    const counts = firsts([box(0, 50, 'heavy'), box(0, 0, 'light')], 20_000, 3);
    const share = (counts.get('light') ?? 0) / 20_000;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.03);
  });

  it('of zero come first in the list from which is drawn: 0 chooses one of them', () => {
    const order = byWeight([box(0, 5, 'heavy'), box(0, 0, 'light')], scripted(0));
    expect(order.map(({ target }) => target)).toEqual(['light', 'heavy']);
  });

  it('are drawn up to the sum itself: the last one can be chosen', () => {
    const order = byWeight([box(0, 1, 'a'), box(0, 1, 'b')], scripted(0.999_999));
    expect(order.map(({ target }) => target)).toEqual(['b', 'a']);
  });

  it('order the rest by the same rule', () => {
    const random = new SeededRandom(4);
    const seconds = new Map<string, number>();
    for (let round = 0; round < 20_000; round += 1) {
      const [first, second] = byWeight([box(0, 1000, 'a'), box(0, 2000, 'b'), box(0, 3000, 'c')], random);
      if (first?.target === 'c') seconds.set(second?.target ?? '', (seconds.get(second?.target ?? '') ?? 0) + 1);
    }
    const [a, b] = [seconds.get('a') ?? 0, seconds.get('b') ?? 0];
    expect(chiSquare(seconds, { a: 1001 / 3001, b: 2000 / 3001 }, a + b)).toBeLessThan(10.8);
  });

  it('lose nobody, whatever they are', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 200; round += 1) {
      const boxes = Array.from({ length: 8 }, (_, at) => box(0, Math.floor(random.uniform() ** 4 * 65_536), `${at}`));
      const order = byWeight(boxes, random).map(({ target }) => target);
      expect([...order].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    }
  });
});

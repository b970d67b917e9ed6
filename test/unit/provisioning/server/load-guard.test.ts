// What a server takes in a second, and when those come again who were too many.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { LoadGuard } from '../../../../src/provisioning/server/load-guard.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const guarded = (rate: number) => {
  const clock = new FakeClock();
  const backlog = { isBehind: false };
  const guard = new LoadGuard({ clock, random: new SeededRandom(1), rate, backlog });
  let strangers = 0;
  /** Somebody who has not been here before. */
  const stranger = (): number | undefined => {
    strangers += 1;
    return guard.refuse(`stranger ${strangers}`);
  };
  return { clock, backlog, guard, stranger };
};

/** The most of any second. */
function peakOf(moments: readonly number[]): number {
  const sorted = moments.toSorted((one, other) => one - other);
  return Math.max(...sorted.map((from, at) => sorted.slice(at, at + 2000).filter((to) => to - from < 1000).length));
}

describe('the guard', () => {
  it('takes the rate, and again as time goes on', () => {
    const { clock, stranger } = guarded(100);
    const ask = (): number => Array.from({ length: 150 }, stranger).filter((wait) => wait === undefined).length;
    expect(ask()).toBe(100);
    clock.advance(500);
    expect(ask()).toBe(0);
  });

  it.each([
    ['at one moment', 0],
    ['within a third of a second', 0.03],
    ['within some seconds', 0.7],
  ])(
    'ten thousand who ask %s are back within three quarters of a minute, and never more of them in a second than the rate',
    (_, gap) => {
      const { clock, guard } = guarded(500);
      const begun = clock.now();
      const coming = Array.from({ length: 10_000 }, (_asked, door) => {
        const at = clock.now();
        const wait = guard.refuse(`door ${door}`);
        clock.advance(gap);
        return { door, at: at + 1000 * (wait ?? 0) };
      });
      expect(Math.max(...coming.map(({ at }) => at - begun))).toBeLessThanOrEqual(45_000);
      expect(peakOf(coming.map(({ at }) => at))).toBeLessThanOrEqual(550);
      const later = coming.filter(({ at }) => at > clock.now()).toSorted((one, other) => one.at - other.at);
      const refused = later.filter(({ door, at }) => {
        clock.advance(at - clock.now());
        return guard.refuse(`door ${door}`) !== undefined;
      });
      expect(refused).toEqual([]);
    },
  );

  it.each([100, 500, 900])(
    'has no more than the rate come back in a second where some are up to %d ms late',
    (pause) => {
      const { clock, guard } = guarded(500);
      const begun = clock.now();
      const coming = Array.from({ length: 10_000 }, (_, door) => {
        const due = clock.now() - begun + 1000 * (guard.refuse(`door ${door}`) ?? 0);
        clock.advance(0.3);
        return due;
      });
      // Now and then all are held up: by a switch, a router, a server of theirs that is busy.
      const returning = coming
        .filter((due) => due >= 4000)
        .map((due) => (due % 2700 < pause ? due - (due % 2700) + pause : due));
      expect(returning.length).toBeGreaterThan(7000);
      expect(peakOf(returning)).toBeLessThanOrEqual(500);
      expect(Math.max(...returning)).toBeLessThanOrEqual(50_000);
    },
  );

  it('tells who repeats itself the same moment again (RFC 3261 §8.2.7), and gives it no second place', () => {
    const { clock, guard } = guarded(1);
    guard.refuse('first');
    expect(guard.refuse('second')).toBe(1);
    clock.advance(300);
    expect(guard.refuse('second')).toBe(1);
    expect(guard.refuse('third')).toBe(2);
    expect(guard.refuse('second')).toBe(1);
  });

  it('still expects who waits longer than it was told, as RFC 6080 §5.3.2 has it wait', () => {
    const { clock, guard, stranger } = guarded(10);
    const asked = Array.from({ length: 20 }, (_, door) => guard.refuse(`door ${door}`));
    expect(asked.filter((wait) => wait === undefined)).toHaveLength(10);
    clock.advance(48_000);
    for (let others = 0; others < 10; others += 1) expect(stranger()).toBeUndefined();
    for (let door = 10; door < 20; door += 1) expect(guard.refuse(`door ${door}`)).toBeUndefined();
    expect(stranger()).toBeGreaterThanOrEqual(1);
  });

  it('keeps the places of those who are expected from those who are not', () => {
    const { clock, guard, stranger } = guarded(10);
    const waits = Array.from({ length: 100 }, (_, door) => guard.refuse(`door ${door}`));
    clock.advance(1000);
    const taken = Array.from({ length: 50 }, stranger).filter((wait) => wait === undefined);
    const expected = waits.filter((wait) => wait === 1);
    expect(expected.length).toBeGreaterThanOrEqual(5);
    expect(taken.length).toBeLessThanOrEqual(10 - expected.length);
  });

  it('sends nobody away for more than a minute', () => {
    const { stranger } = guarded(1);
    const waits = Array.from({ length: 5000 }, () => stranger() ?? 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
  });

  it('takes nobody while the processor lags behind, not even who is expected', () => {
    const { clock, backlog, guard, stranger } = guarded(100);
    backlog.isBehind = true;
    const wait = guard.refuse('door');
    expect(wait).toBeGreaterThanOrEqual(1);
    clock.advance(seconds(wait ?? 0));
    expect(guard.refuse('door')).toBeGreaterThanOrEqual(1);
    clock.advance(seconds(5));
    backlog.isBehind = false;
    expect(stranger()).toBeUndefined();
    expect(guard.refuse('door')).toBeUndefined();
  });

  it('forgets a rush that is over', () => {
    const { clock, stranger } = guarded(10);
    for (let index = 0; index < 500; index += 1) stranger();
    clock.advance(120_000);
    for (let index = 0; index < 10; index += 1) expect(stranger()).toBeUndefined();
    expect(stranger()).toBeLessThanOrEqual(3);
  });
});

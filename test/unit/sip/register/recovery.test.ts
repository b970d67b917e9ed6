import { describe, expect, it } from 'vitest';
import { millis, seconds } from '../../../../src/base/units.ts';
import { checkAfter, RecoveryPolicy, refreshAfter } from '../../../../src/sip/register/recovery.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const policy = (seed = 1): RecoveryPolicy => new RecoveryPolicy(new SeededRandom(seed));

describe('an outage', () => {
  it('is asked about without a pause while it is young', () => {
    const one = policy();
    for (let now = 0; now < 34_000; now += 2000) {
      expect(one.attemptLife(millis(now))).toBeLessThanOrEqual(2500);
      expect(one.afterSilence(millis(now + 2000), millis(now))).toBe(0);
    }
  });

  it('never brings more than one attempt a second, even when each fails at once', () => {
    const one = policy();
    expect(one.afterSilence(millis(5), millis(0))).toBe(995);
  });

  it('is asked about ever more seldom when it is old, up to a minute, each device in its own time', () => {
    const waits = [1, 2].map((seed) => {
      const one = policy(seed);
      one.afterSilence(millis(2000), millis(0));
      return Array.from({ length: 12 }, () => one.afterSilence(seconds(100), seconds(99)));
    });
    for (const wait of waits.flat()) expect(wait).toBeLessThanOrEqual(60_000);
    expect(waits[0]?.slice(-3).every((wait) => wait >= 30_000)).toBe(true);
    expect(waits[0]).not.toEqual(waits[1]);
  });

  it('is young again after a success', () => {
    const one = policy();
    one.afterSilence(seconds(2), seconds(0));
    one.afterSilence(seconds(100), seconds(99));
    one.succeeded();
    expect(one.afterSilence(seconds(202), seconds(200))).toBe(0);
  });

  it('leaves a slow server the time to answer when it is old', () => {
    const one = policy();
    one.afterSilence(seconds(2), seconds(0));
    expect(one.attemptLife(seconds(60))).toBeGreaterThanOrEqual(8000);
  });
});

describe('Retry-After', () => {
  it.each([0, 5, 45, 600])('of %i s wins, over a second and an hour', (asked) => {
    const wait = policy().afterFailure(seconds(1), seconds(0), seconds(asked));
    const least = Math.max(1, asked) * 1000;
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(least * 1.1);
  });

  it('is not obeyed for ever', () => {
    expect(policy().afterRefusal(seconds(1e9))).toBeLessThanOrEqual(66 * 60_000);
  });
});

describe('what only a person can mend', () => {
  it('is tried again after a minute at the earliest, then more seldom', () => {
    const one = policy();
    const waits = Array.from({ length: 6 }, () => one.afterRefusal(undefined));
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(60_000);
    expect(waits.at(-1)).toBeGreaterThan(300_000);
  });
});

describe('a binding', () => {
  it('is renewed about the middle of its life', () => {
    const random = new SeededRandom(3);
    for (let run = 0; run < 50; run += 1) {
      const after = refreshAfter(seconds(300), random);
      expect(after).toBeGreaterThanOrEqual(120_000);
      expect(after).toBeLessThanOrEqual(180_000);
    }
    expect(refreshAfter(seconds(0), random)).toBeGreaterThanOrEqual(1000);
  });

  it('is looked at every 2 s at a registrar of the house, every 25 s on the Internet', () => {
    const random = new SeededRandom(3);
    for (let run = 0; run < 50; run += 1) {
      expect(checkAfter('192.168.1.5', true, random)).toBeLessThanOrEqual(2000);
      expect(checkAfter('192.168.1.5', true, random)).toBeGreaterThanOrEqual(1500);
      expect(checkAfter('203.0.113.5', true, random)).toBeGreaterThanOrEqual(20_000);
      expect(checkAfter('192.168.1.5', false, random)).toBeGreaterThanOrEqual(50_000);
    }
  });
});

describe('a fleet of 200', () => {
  /** When each device asks, in ms, from the beginning of an outage that all of them see at once. */
  const attempts = Array.from({ length: 200 }, (_, seed) => {
    const one = policy(seed + 1);
    const times: number[] = [];
    for (let now = 0; now < 900_000; ) {
      times.push(now);
      const began = now;
      now += one.attemptLife(millis(now));
      now += one.afterSilence(millis(now), millis(began));
    }
    return times;
  });

  /** How many ask in the busiest second of a span. */
  const busiest = (from: number, to: number): number => {
    const counts = new Map<number, number>();
    for (const time of attempts.flat()) {
      if (time < from || time >= to) continue;
      const second = Math.floor(time / 1000);
      counts.set(second, (counts.get(second) ?? 0) + 1);
    }
    return Math.max(...counts.values());
  };

  it('is out of step when a server comes back after minutes: no second has a twentieth of it', () => {
    expect(busiest(300_000, 900_000)).toBeLessThanOrEqual(14);
  });

  it('has each device asking once in 68 s at least, so that all are back in a little over a minute', () => {
    for (const times of attempts) {
      for (const [index, time] of times.entries()) {
        if (index > 0) expect(time - (times[index - 1] ?? 0)).toBeLessThanOrEqual(68_000);
      }
    }
  });

  it('renews its bindings out of step, too', () => {
    const random = new SeededRandom(9);
    const seconds300 = Array.from({ length: 200 }, () => Math.floor(refreshAfter(seconds(300), random) / 1000));
    const counts = seconds300.map((second) => seconds300.filter((other) => other === second).length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(12);
  });
});

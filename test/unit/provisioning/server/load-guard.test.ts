// What a server takes in a second, and when those come again who were too many.

import { describe, expect, it } from 'vitest';
import { LoadGuard } from '../../../../src/provisioning/server/load-guard.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const guarded = (rate: number) => {
  const clock = new FakeClock();
  const backlog = { isBehind: false };
  return { clock, backlog, guard: new LoadGuard({ clock, random: new SeededRandom(1), rate, backlog }) };
};

describe('the guard', () => {
  it('takes the rate, and again as time goes on', () => {
    const { clock, guard } = guarded(100);
    const ask = (): number =>
      Array.from({ length: 150 }, () => guard.refuse()).filter((wait) => wait === undefined).length;
    expect(ask()).toBe(100);
    clock.advance(500);
    expect(ask()).toBe(50);
  });

  it('sends those who are too many away for different times: as they come back, the rate is enough for them', () => {
    const { guard } = guarded(500);
    const waits = Array.from({ length: 10_500 }, () => guard.refuse()).flatMap((wait) =>
      wait === undefined ? [] : [wait],
    );
    expect(waits).toHaveLength(10_000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(23);
    const bySecond = waits.reduce(
      (count, wait) => count.set(wait, (count.get(wait) ?? 0) + 1),
      new Map<number, number>(),
    );
    expect(Math.max(...bySecond.values())).toBeLessThan(600);
  });

  it('sends nobody away for more than a minute', () => {
    const { guard } = guarded(1);
    const waits = Array.from({ length: 5000 }, () => guard.refuse() ?? 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(62);
  });

  it('takes nobody while the processor lags behind', () => {
    const { backlog, guard } = guarded(100);
    backlog.isBehind = true;
    expect(guard.refuse()).toBeGreaterThanOrEqual(1);
    backlog.isBehind = false;
    expect(guard.refuse()).toBeUndefined();
  });

  it('forgets a rush that is over', () => {
    const { clock, guard } = guarded(10);
    for (let index = 0; index < 500; index += 1) guard.refuse();
    clock.advance(120_000);
    for (let index = 0; index < 10; index += 1) expect(guard.refuse()).toBeUndefined();
    expect(guard.refuse()).toBeLessThanOrEqual(3);
  });
});

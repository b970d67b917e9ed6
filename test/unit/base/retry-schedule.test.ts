import { describe, expect, it } from 'vitest';
import { RetrySchedule } from '../../../src/base/retry-schedule.ts';
import { seconds } from '../../../src/base/units.ts';

const withChance = (value: number) => ({ bytes: () => Buffer.alloc(0), hex: () => '', uniform: () => value });

describe('RetrySchedule', () => {
  const bounds = { initial: seconds(1), maximum: seconds(60), factor: 2, jitter: 0.5 };

  it('doubles up to its maximum', () => {
    const schedule = new RetrySchedule(bounds, withChance(0));
    const waits = Array.from({ length: 8 }, () => schedule.next());
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  });

  it('takes off the share that chance says, never more than its jitter', () => {
    expect(new RetrySchedule(bounds, withChance(0.999)).next()).toBeCloseTo(500.5);
  });

  it('begins again after a success', () => {
    const schedule = new RetrySchedule(bounds, withChance(0));
    schedule.next();
    schedule.next();
    schedule.reset();
    expect(schedule.next()).toBe(1000);
  });
});

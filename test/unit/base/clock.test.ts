import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/base/clock.ts';
import { millis } from '../../../src/base/units.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('SystemClock', () => {
  it('is the monotonic clock of the machine, which a fork shares', () => {
    const before = Number(process.hrtime.bigint()) / 1e6;
    const now = new SystemClock().now();
    const after = Number(process.hrtime.bigint()) / 1e6;
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(after);
  });

  it('fires a timer once, in order of its delay, and never one that was cancelled', async () => {
    const clock = new SystemClock();
    const fired: string[] = [];
    clock.after(millis(1), 'cancelled', () => fired.push('cancelled')).cancel();
    await new Promise<void>((done) => {
      clock.after(millis(20), 'late', () => {
        fired.push('late');
        done();
      });
      clock.after(millis(2), 'early', () => fired.push('early'));
    });
    expect(fired).toEqual(['early', 'late']);
  });

  it('does not fire a delay beyond the range of the system at once', async () => {
    const clock = new SystemClock();
    let fired = false;
    const timer = clock.after(millis(2 ** 40), 'far', () => {
      fired = true;
    });
    await new Promise<void>((done) => clock.after(millis(10), 'near', done));
    timer.cancel();
    expect(fired).toBe(false);
  });
});

describe('FakeClock', () => {
  it('runs timers that a timer started, when they fall due in the same stretch', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const start = clock.now();
    clock.after(millis(10), 'first', () => {
      clock.after(millis(10), 'second', () => fired.push(clock.now() - start));
    });
    clock.advance(25);
    expect(fired).toEqual([20]);
    expect(clock.now() - start).toBe(25);
  });

  it('keeps monotonic time when the time of day is stepped', () => {
    const clock = new FakeClock();
    const [now, wall] = [clock.now(), clock.wall().getTime()];
    clock.stepWall(-3_600_000);
    expect(clock.now()).toBe(now);
    expect(clock.wall().getTime()).toBe(wall - 3_600_000);
  });
});

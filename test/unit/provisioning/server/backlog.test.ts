// A processor that lags behind is known by timers that are late again and again, not by one pause.

import { describe, expect, it } from 'vitest';
import type { Timer } from '../../../../src/base/clock.ts';
import { type Millis, millis } from '../../../../src/base/units.ts';
import { Backlog } from '../../../../src/provisioning/server/backlog.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** Its timers run later than they should. */
class LateClock extends FakeClock {
  late = 0;
  override after(delay: Millis, name: string, run: () => void): Timer {
    return super.after(millis(delay + this.late), name, run);
  }
}

describe('a backlog', () => {
  it('is none while timers are punctual', () => {
    const clock = new LateClock();
    const backlog = new Backlog(clock);
    for (let turn = 0; turn < 50; turn += 1) {
      expect(backlog.isBehind).toBe(false);
      clock.advance(20);
    }
  });

  it('is there once they are late four times in a row, and gone with the first that is not', () => {
    const clock = new LateClock();
    const backlog = new Backlog(clock);
    clock.late = 60;
    expect(backlog.isBehind).toBe(false);
    clock.advance(3 * 80);
    expect(backlog.isBehind).toBe(false);
    clock.advance(80);
    expect(backlog.isBehind).toBe(true);
    clock.late = 0;
    clock.advance(100);
    expect(backlog.isBehind).toBe(false);
  });

  it('is not looked for while nobody asks', () => {
    const clock = new LateClock();
    const backlog = new Backlog(clock);
    expect(backlog.isBehind).toBe(false);
    clock.advance(2000);
    expect(clock.timers).toEqual([]);
  });

  it('is there while much waits to be looked at', () => {
    let waiting = 0;
    const backlog = new Backlog(new FakeClock(), () => waiting);
    expect(backlog.isBehind).toBe(false);
    waiting = 5000;
    expect(backlog.isBehind).toBe(true);
    waiting = 5;
    expect(backlog.isBehind).toBe(false);
  });
});

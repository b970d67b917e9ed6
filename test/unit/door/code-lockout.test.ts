// "5 wrong: 30 s, doubling", counted per caller.

import { describe, expect, it } from 'vitest';
import { CodeLockout } from '../../../src/door/code-lockout.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const JANE = 'sip:jane@example.com';
const JOE = 'sip:joe@example.com';

describe('CodeLockout', () => {
  it('locks out for 30 s after five wrong codes, then for twice as long each time', () => {
    const clock = new FakeClock();
    const lockout = new CodeLockout(clock);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(lockout.wrong(JANE)).toEqual({ attempts: attempt, lockedFor: undefined });
    }
    const locks = [30_000, 60_000, 120_000, 240_000];
    for (const [index, lock] of locks.entries()) {
      expect(lockout.wrong(JANE)).toEqual({ attempts: 5 + index, lockedFor: lock });
      clock.advance(lock - 1);
      expect(lockout.standing(JANE).lockedFor).toBe(1);
      clock.advance(1);
      expect(lockout.standing(JANE).lockedFor).toBeUndefined();
    }
  });

  it('does not count what it does not look at', () => {
    const lockout = new CodeLockout(new FakeClock());
    for (let attempt = 1; attempt <= 5; attempt += 1) lockout.wrong(JANE);
    expect(lockout.wrong(JANE)).toEqual({ attempts: 5, lockedFor: 30_000 });
  });

  it('never locks for longer than an hour', () => {
    const clock = new FakeClock();
    const lockout = new CodeLockout(clock);
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const { lockedFor } = lockout.wrong(JANE);
      expect(lockedFor ?? 0).toBeLessThanOrEqual(3_600_000);
      clock.advance(lockedFor ?? 0);
    }
  });

  it('holds one caller nothing against another', () => {
    const lockout = new CodeLockout(new FakeClock());
    for (let attempt = 1; attempt <= 5; attempt += 1) lockout.wrong(JANE);
    expect(lockout.standing(JOE)).toEqual({ attempts: 0, lockedFor: undefined });
  });

  it('begins anew after a right code, and after an hour of peace', () => {
    const clock = new FakeClock();
    const lockout = new CodeLockout(clock);
    for (let attempt = 1; attempt <= 4; attempt += 1) lockout.wrong(JANE);
    lockout.right(JANE);
    expect(lockout.wrong(JANE).attempts).toBe(1);
    clock.advance(3_600_000);
    expect(lockout.wrong(JANE).attempts).toBe(1);
  });

  it('keeps a lock while a stranger makes up a thousand names', () => {
    const lockout = new CodeLockout(new FakeClock());
    for (let attempt = 1; attempt <= 5; attempt += 1) lockout.wrong(JANE);
    for (let name = 0; name < 1000; name += 1) lockout.wrong(`sip:${name}@example.com`);
    expect(lockout.standing(JANE).lockedFor).toBe(30_000);
  });
});

// "5 wrong: 30 s, doubling", counted per caller.

import { describe, expect, it } from 'vitest';
import { type CodeCaller, CodeLockout } from '../../../src/door/code-lockout.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const JANE: CodeCaller = { name: 'sip:jane@example.com', source: undefined };
const JOE: CodeCaller = { name: 'sip:joe@example.com', source: undefined };

/** Somebody who calls in, under whatever name. */
const caller = (name: string, source = '192.0.2.66'): CodeCaller => ({ name: `sip:${name}@example.com`, source });

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
    for (let name = 0; name < 1000; name += 1) lockout.wrong({ name: `sip:${name}@example.com`, source: undefined });
    expect(lockout.standing(JANE).lockedFor).toBe(30_000);
  });

  it('counts the address of those who call in: a new name for each code gains nothing', () => {
    const clock = new FakeClock();
    const lockout = new CodeLockout(clock);
    let looked = 0;
    for (let name = 0; name < 10_000; name += 1) {
      if (lockout.standing(caller(`${name}`)).lockedFor === undefined) looked += 1;
      lockout.wrong(caller(`${name}`));
      clock.advance(1000);
    }
    // Ten at once, and one every six minutes of nearly three hours.
    expect(looked).toBeGreaterThanOrEqual(10);
    expect(looked).toBeLessThanOrEqual(10 + 28);
  });

  it('counts all who call in together: nor does a new address', () => {
    const lockout = new CodeLockout(new FakeClock());
    let looked = 0;
    for (let host = 1; host < 250; host += 1) {
      const stranger = caller('x', `192.0.2.${host}`);
      if (lockout.standing(stranger).lockedFor === undefined) looked += 1;
      lockout.wrong(stranger);
    }
    expect(looked).toBe(30);
  });

  it('holds nothing of that against whom the door has called, were it under the same name', () => {
    const lockout = new CodeLockout(new FakeClock());
    for (let attempt = 0; attempt < 1000; attempt += 1) lockout.wrong(caller('jane', `192.0.2.${attempt % 250}`));
    expect(lockout.standing(JANE)).toEqual({ attempts: 0, lockedFor: undefined });
  });

  it('counts the codes that a long try holds', () => {
    const lockout = new CodeLockout(new FakeClock());
    lockout.wrong(caller('x'), 13);
    expect(lockout.standing(caller('y')).lockedFor).toBe(4 * 6 * 60_000);
  });

  it('does not let who knows one code guess another for ever by using it in between', () => {
    const clock = new FakeClock();
    const lockout = new CodeLockout(clock);
    let wrong = 0;
    for (let round = 0; round < 100; round += 1) {
      for (let attempt = 0; attempt < 4; attempt += 1) {
        if (lockout.standing(JANE).lockedFor === undefined) wrong += 1;
        lockout.wrong(JANE);
      }
      if (lockout.standing(JANE).lockedFor === undefined) lockout.right(JANE, false);
      clock.advance(1000);
    }
    expect(wrong).toBeLessThanOrEqual(12);
  });
});

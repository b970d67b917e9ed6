// Timer K for many: RFC 3261 §17.1.2.2.

import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { Absorbed } from '../../../../src/sip/transaction/absorbed.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

let clock: FakeClock;
let absorbed: Absorbed;

beforeEach(() => {
  clock = new FakeClock();
  absorbed = new Absorbed(clock, seconds(5));
});

describe('what is absorbed', () => {
  it('is so for T4, and is forgotten then', () => {
    absorbed.add('one');
    clock.advance(4999);
    expect(absorbed.has('one')).toBe(true);
    clock.advance(1);
    expect(absorbed.has('one')).toBe(false);
    expect(clock.timers).toEqual([]);
  });

  it('has its own time each, by one timer', () => {
    for (let at = 0; at < 1000; at += 1) {
      absorbed.add(`key ${at}`);
      clock.advance(2);
    }
    expect(clock.timers).toHaveLength(1);
    clock.advance(2999);
    expect(absorbed.size).toBe(1000);
    clock.advance(1101);
    expect(absorbed.has('key 0')).toBe(false);
    expect(absorbed.has('key 999')).toBe(true);
    clock.advance(1100);
    expect(absorbed.size).toBe(0);
    expect(clock.timers).toEqual([]);
  });

  it('is forgotten at the end, with its timer', () => {
    absorbed.add('one');
    absorbed.close();
    expect(absorbed.has('one')).toBe(false);
    expect(clock.timers).toEqual([]);
  });
});

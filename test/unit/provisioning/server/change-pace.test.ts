// How a fleet is told of a change: at the owner's rate, not all at once, and nobody who is silent holds the others up.

import { describe, expect, it } from 'vitest';
import { ChangePace } from '../../../../src/provisioning/server/change-pace.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function paced(rate: number, answers = true) {
  const clock = new FakeClock();
  const told: string[] = [];
  const backlog = { isBehind: false };
  const pace = new ChangePace<string>({
    clock,
    rate,
    backlog,
    tell: (watcher, done) => {
      told.push(watcher);
      if (answers) done();
    },
  });
  return { clock, told, pace, backlog };
}

describe('the pace of a change', () => {
  it('tells the first at once', () => {
    const { told, pace } = paced(500);
    pace.add('a');
    expect(told).toEqual(['a']);
  });

  it('tells so many a second, in order, each once', () => {
    const { clock, told, pace } = paced(500);
    for (let index = 0; index < 1000; index += 1) pace.add(`${index}`);
    pace.add('999');
    clock.advance(1000);
    expect(told.length).toBeGreaterThan(480);
    expect(told.length).toBeLessThan(530);
    clock.advance(1100);
    expect(told).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`));
    expect(clock.timers).toEqual([]);
  });

  it('does not make up for a time of rest', () => {
    const { clock, told, pace } = paced(500);
    pace.add('first');
    clock.advance(60_000);
    for (let index = 0; index < 1000; index += 1) pace.add(`${index}`);
    clock.advance(10);
    expect(told.length).toBeLessThan(50);
  });

  it('has a hundred without an answer at the most, and waits half a second for each', () => {
    const { clock, told, pace } = paced(100_000, false);
    for (let index = 0; index < 300; index += 1) pace.add(`${index}`);
    clock.advance(400);
    expect(told).toHaveLength(100);
    clock.advance(200);
    expect(told).toHaveLength(200);
  });

  it('goes on as the answers come, where the rate allows', () => {
    const clock = new FakeClock();
    const open: (() => void)[] = [];
    let told = 0;
    const pace = new ChangePace<number>({
      clock,
      rate: 100_000,
      backlog: { isBehind: false },
      tell: (_, done) => {
        told += 1;
        open.push(done);
      },
    });
    for (let index = 0; index < 300; index += 1) pace.add(index);
    clock.advance(10);
    expect(told).toBe(100);
    clock.advance(1);
    for (const done of open.splice(0, 50)) done();
    expect(told).toBe(150);
    clock.advance(1);
    for (const done of open.splice(0, 50)) done();
    expect(told).toBe(200);
  });

  it('tells one at a time while the processor lags behind', () => {
    const { clock, told, pace, backlog } = paced(10_000);
    backlog.isBehind = true;
    for (let index = 0; index < 1000; index += 1) pace.add(`${index}`);
    clock.advance(100);
    expect(told.length).toBeGreaterThan(5);
    expect(told.length).toBeLessThan(15);
  });

  it('tells nobody who watches no longer', () => {
    const { clock, told, pace } = paced(1);
    for (const watcher of ['a', 'b', 'c']) pace.add(watcher);
    pace.remove('b');
    clock.advance(5000);
    expect(told).toEqual(['a', 'c']);
  });
});

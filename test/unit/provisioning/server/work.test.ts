// Work over a whole fleet: others are served meanwhile, and what is begun later counts.

import { describe, expect, it } from 'vitest';
import { finish, SlicedWork, type Work } from '../../../../src/provisioning/server/work.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function* steps(count: number, step: () => void): Work<number> {
  for (let index = 0; index < count; index += 1) {
    step();
    yield;
  }
  return count;
}

function* ignoring(work: Work<number>, done: () => void): Work<void> {
  yield* work;
  done();
}

describe('work in slices', () => {
  it('is done at once where it is short', () => {
    const clock = new FakeClock();
    let done = false;
    new SlicedWork(clock).begin(
      ignoring(
        steps(3, () => clock.advance(1)),
        () => (done = true),
      ),
    );
    expect(done).toBe(true);
    expect(clock.timers).toEqual([]);
  });

  it('lets others in after ten milliseconds, and goes on', () => {
    const clock = new FakeClock();
    let [taken, done] = [0, false];
    const step = (): void => {
      taken += 1;
      clock.advance(1);
    };
    new SlicedWork(clock).begin(ignoring(steps(25, step), () => (done = true)));
    expect(taken).toBe(10);
    clock.advance(5);
    expect(taken).toBe(20);
    clock.advance(5);
    expect([taken, done]).toEqual([25, true]);
  });

  it('gives way to what is begun later', () => {
    const clock = new FakeClock();
    const work = new SlicedWork(clock);
    const done: string[] = [];
    work.begin(
      ignoring(
        steps(25, () => clock.advance(1)),
        () => done.push('first'),
      ),
    );
    work.begin(
      ignoring(
        steps(2, () => undefined),
        () => done.push('second'),
      ),
    );
    clock.advance(1000);
    expect(done).toEqual(['second']);
  });

  it('can be done without a pause', () => {
    let taken = 0;
    expect(finish(steps(100, () => (taken += 1)))).toBe(100);
    expect(taken).toBe(100);
  });
});

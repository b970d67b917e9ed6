// What a socket has received and nobody has looked at yet, under a flood.

import { describe, expect, it } from 'vitest';
import { DatagramIntake } from '../../../../src/sip/transport/datagram-intake.ts';

/** An intake in an event loop of the test's own. */
function loop(capacity = 1000) {
  const planned: (() => void)[] = [];
  const taken: number[] = [];
  const intake = new DatagramIntake<number>(
    capacity,
    (run) => planned.push(run),
    (datagram) => {
      taken.push(datagram);
      if (datagram < 0) throw new Error('a fault');
    },
  );
  let last = 0;
  return {
    intake,
    taken,
    receive: (count: number) => {
      for (let left = count; left > 0; left -= 1) {
        last += 1;
        intake.add(last);
      }
    },
    /** @returns whether there was anything to do */
    turn: (): boolean => {
      const run = planned.shift();
      run?.();
      return run !== undefined;
    },
  };
}

describe('datagrams that were received', () => {
  it('are looked at in their order, in the turn that they came in', () => {
    const { receive, turn, taken } = loop();
    receive(3);
    turn();
    expect(taken).toEqual([1, 2, 3]);
    expect(turn()).toBe(false);
  });

  it('wait while more comes than a turn reads, so that the system has room, and none is lost', () => {
    const { intake, receive, turn, taken } = loop();
    for (let turns = 0; turns < 10; turns += 1) {
      receive(32);
      turn();
    }
    expect(taken.length).toBeLessThan(32);
    expect(intake.length).toBe(320 - taken.length);
    for (let turns = 0; turns < 12; turns += 1) turn();
    expect(taken).toEqual(Array.from({ length: 320 }, (_, at) => at + 1));
    expect(intake.length).toBe(0);
  });

  it('are no more than there is room for: a flood that does not end is looked at all the same', () => {
    const { intake, receive, turn, taken } = loop(64);
    for (let turns = 0; turns < 100; turns += 1) {
      receive(32);
      turn();
    }
    expect(intake.length).toBeLessThanOrEqual(64);
    expect(taken.length).toBeGreaterThan(1000);
  });

  it('are looked at after one that a program fails at', () => {
    const { intake, turn, taken } = loop();
    intake.add(-1);
    for (let others = 0; others < 40; others += 1) intake.add(2);
    expect(turn).toThrow('a fault');
    while (turn());
    expect(taken.at(-1)).toBe(2);
    expect(intake.length).toBe(0);
  });
});

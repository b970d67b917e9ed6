import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/base/units.ts';
import { DoorRelay } from '../../../src/door/door-relay.ts';
import type { OutputLine } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

class Relay implements OutputLine {
  readonly name = 'relay';
  active = false;
  fails: boolean = false;

  set(active: boolean): void {
    if (this.fails) throw new Error('input/output error');
    this.active = active;
  }
}

function createRelay() {
  const clock = new FakeClock();
  const line = new Relay();
  const said: string[] = [];
  const relay = new DoorRelay({
    clock,
    line,
    openFor: seconds(3),
    closed: () => said.push('closed'),
    stuck: () => said.push('stuck'),
  });
  return { clock, line, relay, said };
}

describe('DoorRelay', () => {
  it('is on for its time, to the millisecond', () => {
    const { clock, line, relay, said } = createRelay();
    expect(relay.open()).toBe(3000);
    expect([line.active, relay.isOpen]).toEqual([true, true]);
    clock.advance(2999);
    expect(line.active).toBe(true);
    clock.advance(1);
    expect([line.active, relay.isOpen]).toEqual([false, false]);
    expect(said).toEqual(['closed']);
  });

  it('is on longer when it is opened again', () => {
    const { clock, line, relay, said } = createRelay();
    relay.open();
    clock.advance(2000);
    relay.open();
    clock.advance(2999);
    expect(line.active).toBe(true);
    clock.advance(1);
    expect(line.active).toBe(false);
    expect(said).toEqual(['closed']);
  });

  it('can be closed early, and says so once', () => {
    const { clock, line, relay, said } = createRelay();
    relay.open();
    relay.close();
    relay.close();
    clock.advance(10_000);
    expect(line.active).toBe(false);
    expect(said).toEqual(['closed']);
    expect(clock.timers).toEqual([]);
  });

  it('tries again until a line that fails lets go, and says it once', () => {
    const { clock, line, relay, said } = createRelay();
    relay.open();
    line.fails = true;
    clock.advance(6000);
    expect(said).toEqual(['stuck']);
    expect(relay.isOpen).toBe(true);
    line.fails = false;
    clock.advance(1000);
    expect(said).toEqual(['stuck', 'closed']);
    expect(line.active).toBe(false);
  });

  it('leaves a line that fails to open to be released in time nevertheless', () => {
    const { clock, line, relay } = createRelay();
    line.fails = true;
    expect(() => relay.open()).toThrow('input/output error');
    // Half-done by a driver: the level changed, the call failed.
    line.active = true;
    line.fails = false;
    clock.advance(3000);
    expect(line.active).toBe(false);
  });

  describe('on a line that answers late', () => {
    function createLate() {
      const rig = createRelay();
      const listeners = new Set<(reason: string) => void>();
      const line = Object.assign(new Relay(), {
        onFailed: (listener: (reason: string) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
      const said: string[] = [];
      const relay = new DoorRelay({
        clock: rig.clock,
        line,
        openFor: seconds(3),
        closed: () => said.push('closed'),
        stuck: (reason) => said.push(`stuck: ${reason}`),
      });
      const fail = (reason: string): void => {
        for (const listener of listeners) listener(reason);
      };
      return { clock: rig.clock, line, relay, said, fail, listeners };
    }

    it('is not open when that has turned out not to be so', () => {
      const { line, relay, said, fail } = createLate();
      relay.open();
      fail('it does not answer');
      expect([line.active, relay.isOpen]).toEqual([false, false]);
      expect(said).toEqual(['stuck: it does not answer', 'closed']);
    });

    it('counts as open until it could be released', () => {
      const { clock, line, relay, said, fail } = createLate();
      relay.open();
      line.fails = true;
      fail('it does not answer');
      clock.advance(10_000);
      expect(relay.isOpen).toBe(true);
      line.fails = false;
      clock.advance(1000);
      expect(relay.isOpen).toBe(false);
      expect(said).toEqual(['stuck: it does not answer', 'closed']);
    });

    it('listens no more when it has stopped', () => {
      const { relay, listeners } = createLate();
      relay.stop();
      expect(listeners.size).toBe(0);
    });
  });
});

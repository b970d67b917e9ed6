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
});

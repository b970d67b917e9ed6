// A button that is held: whom it rings then, what it switches on, which door it opens, and that none of it comes unasked.

import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../../src/base/units.ts';
import type { ButtonConfiguration, Configuration } from '../../../src/config/index.ts';
import { configured, DoorRig } from '../../support/door-rig.ts';

type Held = NonNullable<ButtonConfiguration['held']>;

const CALLED = 'sip:101@example.com';
const CARETAKER = 'sip:103@example.com';

function rigOf(action: Partial<Held>, more: Partial<Configuration> = {}): DoorRig {
  const held = { after: seconds(2), switchFor: seconds(3), ...action };
  const front = { line: 'button', call: [CALLED], held };
  return new DoorRig(configured({ buttons: { front }, ...more }));
}

/** A finger on the button for so long. */
function hold(rig: DoorRig, time: number): void {
  rig.board.setLine('button', true);
  rig.clock.advance(time);
  rig.board.setLine('button', false);
}

const dialled = (rig: DoorRig): readonly string[] => rig.agent.dialled;

describe('others', () => {
  it('are rung in place of whom the press rings', () => {
    const rig = rigOf({ after: seconds(3), call: [CARETAKER] });
    hold(rig, 2999);
    expect(dialled(rig)).toEqual([CALLED]);
    rig.clock.advance(60_000);
    hold(rig, 3000);
    expect(dialled(rig)).toEqual([CALLED, CALLED, CARETAKER]);
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { peer: CARETAKER } });
    expect(rig.calls.active.size).toBe(1);
    expect(rig.events('button.held')).toEqual([{ type: 'button.held', button: 'front' }]);
  });

  it('are not rung while somebody talks', () => {
    const rig = rigOf({ after: seconds(2), call: [CARETAKER] });
    rig.talk();
    hold(rig, 5000);
    expect(dialled(rig)).toEqual([CALLED]);
    expect(rig.door.state().state).toBe('talking');
  });
});

describe('an output', () => {
  const held: Partial<Held> = { after: seconds(2), switch: 'relay2', switchFor: minutes(1) };

  it('is on for its time', () => {
    const rig = rigOf(held);
    expect(rig.board.read('relay2').active).toBe(false);
    hold(rig, 2000);
    expect(rig.board.read('relay2').active).toBe(true);
    rig.clock.advance(59_999);
    expect(rig.board.read('relay2').active).toBe(true);
    rig.clock.advance(1);
    expect(rig.board.read('relay2').active).toBe(false);
  });

  it('is off when the service ends, and when the configuration is another', () => {
    const rig = rigOf(held);
    hold(rig, 2000);
    rig.door.stop();
    expect(rig.board.read('relay2').active).toBe(false);
  });

  it('that cannot be had is a fault, and the button rings all the same', () => {
    const rig = rigOf({ after: seconds(2), switch: 'contact' });
    expect(rig.door.state().faults).toEqual([expect.stringMatching(/^button front, held: /)]);
    hold(rig, 2000);
    expect(dialled(rig)).toEqual([CALLED]);
  });
});

describe('a door', () => {
  it('is opened by a button inside, by its name', () => {
    const rig = rigOf({ after: seconds(2), open: 'main', inside: true });
    hold(rig, 2000);
    expect(rig.events('door.opened')).toEqual([
      { type: 'door.opened', door: 'main', by: 'button front', forMs: expect.any(Number) },
    ]);
  });

  it('is never opened by a button of which nobody has said that it is inside', () => {
    const rig = rigOf({ after: seconds(2), open: 'main' });
    hold(rig, 30_000);
    expect(rig.events('door.opened')).toEqual([]);
    expect(rig.board.read('relay').active).toBe(false);
  });

  it('stays shut while a tamper switch blocks it', () => {
    const rig = rigOf(
      { after: seconds(2), open: 'main', inside: true },
      { tamper: { line: 'button3', blockFor: minutes(5) } },
    );
    rig.board.setLine('button3', true);
    hold(rig, 2000);
    expect(rig.events('door.opened')).toEqual([]);
  });
});

it('a button without a word of it does nothing when it is held', () => {
  const rig = new DoorRig();
  hold(rig, 2000);
  expect(rig.events('button.held')).toHaveLength(1);
  expect(dialled(rig)).toHaveLength(1);
});

// What is wired to a door beside its relay: contact, exit button, the other door of a lobby; and to the station: tamper
// switch, motion detector, lamps.

import { describe, expect, it } from 'vitest';
import type { CommandOutcome } from '../../../src/api/commands.ts';
import { Secret } from '../../../src/base/secret.ts';
import { millis, minutes, seconds } from '../../../src/base/units.ts';
import type { Configuration, DoorConfiguration, LampConfiguration } from '../../../src/config/index.ts';
import { configured, DoorRig } from '../../support/door-rig.ts';

const MAIN: DoorConfiguration = { relay: 'relay', openFor: seconds(3) };

function rigOf(doors: Configuration['doors'], more: Parameters<typeof configured>[0] = {}): DoorRig {
  return new DoorRig(configured({ doors, ...more }));
}

const open = (rig: DoorRig, door?: string): Promise<CommandOutcome<'open'>> =>
  rig.commands.execute('open', door === undefined ? {} : { door }, 'control');

async function codeOf(outcome: Promise<CommandOutcome<'open'>>): Promise<string> {
  const done = await outcome;
  return done.ok ? 'opened' : done.error.code;
}

const types = (rig: DoorRig): readonly string[] =>
  rig.journal.recent.map(({ type }) => type).filter((type) => /^(?:door|tamper|motion)\./.test(type));

describe('a door contact', () => {
  const doors = { main: { ...MAIN, contact: { line: 'contact', leftOpenAfter: minutes(1) } } };

  /** The door is shut at the start. */
  function shut(): DoorRig {
    const rig = rigOf(doors);
    rig.board.setLine('contact', true);
    return rig;
  }

  it('tells of a door that is opened by whom it was opened for', async () => {
    const rig = shut();
    await open(rig);
    rig.clock.advance(1000);
    rig.board.setLine('contact', false);
    rig.clock.advance(5000);
    rig.board.setLine('contact', true);
    expect(types(rig)).toEqual(['door.moved', 'door.opened', 'door.moved', 'door.closed', 'door.moved']);
    expect(rig.events('door.moved').at(-1)).toEqual({ type: 'door.moved', door: 'main', shut: true });
    expect(rig.door.state().doors.main).toEqual({ open: false, shut: true });
  });

  it('lets somebody push who was slow, once', async () => {
    const rig = shut();
    await open(rig);
    rig.clock.advance(seconds(3) + seconds(5));
    rig.board.setLine('contact', false);
    rig.board.setLine('contact', true);
    expect(rig.events('door.forced')).toEqual([]);
    rig.board.setLine('contact', false);
    expect(rig.events('door.forced')).toEqual([{ type: 'door.forced', door: 'main' }]);
  });

  it('tells of a door that nobody was let through', async () => {
    const rig = shut();
    await open(rig);
    rig.clock.advance(seconds(3) + seconds(5) + 1);
    rig.board.setLine('contact', false);
    expect(rig.events('door.forced')).toHaveLength(1);
  });

  it('tells once of a door that stands open, also from the start', () => {
    const rig = rigOf(doors);
    rig.clock.advance(minutes(1));
    expect(rig.events('door.left-open')).toEqual([{ type: 'door.left-open', door: 'main', forMs: 60_000 }]);
    rig.clock.advance(minutes(60));
    expect(rig.events('door.left-open')).toHaveLength(1);
    rig.board.setLine('contact', true);
    rig.clock.advance(minutes(60));
    expect(rig.events('door.left-open')).toHaveLength(1);
  });

  it('that cannot be had leaves the door one that opens', async () => {
    const rig = rigOf({ main: { ...MAIN, contact: { line: 'nowhere', leftOpenAfter: minutes(1) } } });
    expect(rig.door.state().faults).toEqual([expect.stringContaining('its contact cannot be had')]);
    expect(await codeOf(open(rig))).toBe('opened');
  });
});

describe('an exit button', () => {
  it('opens', () => {
    const rig = rigOf({ main: { ...MAIN, exit: 'button2' } });
    rig.board.setLine('button2', true);
    expect(rig.relay).toBe(true);
    expect(rig.events('door.opened')).toEqual([{ type: 'door.opened', door: 'main', by: 'exit', forMs: 3000 }]);
    rig.board.setLine('button2', false);
    rig.clock.advance(3000);
    expect(rig.relay).toBe(false);
  });
});

describe('a relay', () => {
  it('that is a toggle closes what is open, and never stays open for longer than its time', async () => {
    const rig = rigOf({ main: { ...MAIN, openAgain: 'close' } });
    await open(rig);
    rig.clock.advance(1000);
    expect(await open(rig)).toEqual({ ok: true, result: { door: 'main', forMs: 0 } });
    expect(rig.relay).toBe(false);
    await open(rig);
    rig.clock.advance(3000);
    expect(rig.relay).toBe(false);
    expect(types(rig)).toEqual(['door.opened', 'door.closed', 'door.opened', 'door.closed']);
  });

  it('that must rest is not hurried', async () => {
    const rig = rigOf({ main: { ...MAIN, rest: seconds(10) } });
    await open(rig);
    rig.clock.advance(1000);
    // Prolonging is no hurry.
    expect(await codeOf(open(rig))).toBe('opened');
    rig.clock.advance(3000 + 9000);
    expect(await codeOf(open(rig))).toBe('resting');
    expect(rig.events('door.refused')).toEqual([
      { type: 'door.refused', door: 'main', by: 'control', why: 'it rests for 1 s more' },
    ]);
    rig.clock.advance(1000);
    expect(await codeOf(open(rig))).toBe('opened');
  });
});

describe('the doors of a lobby', () => {
  const doors = {
    outer: { ...MAIN, interlock: ['inner'], contact: { line: 'contact', leftOpenAfter: minutes(1) } },
    inner: { relay: 'relay2', openFor: seconds(3), exit: 'button3' },
  };

  function lobby(): DoorRig {
    const rig = rigOf(doors);
    rig.board.setLine('contact', true);
    return rig;
  }

  it.each([
    ['outer', 'inner'],
    ['inner', 'outer'],
  ])('are never open together: %s, then %s', async (first, second) => {
    const rig = lobby();
    expect(await codeOf(open(rig, first))).toBe('opened');
    expect(await codeOf(open(rig, second))).toBe('interlocked');
    expect(rig.board.read(second === 'inner' ? 'relay2' : 'relay').active).toBe(false);
    rig.clock.advance(3000);
    expect(await codeOf(open(rig, second))).toBe('opened');
  });

  it('wait for one that somebody holds open, exit button or not', async () => {
    const rig = lobby();
    await open(rig, 'outer');
    rig.board.setLine('contact', false);
    rig.clock.advance(seconds(30));
    expect(await codeOf(open(rig, 'inner'))).toBe('interlocked');
    rig.board.setLine('button3', true);
    expect(rig.board.read('relay2').active).toBe(false);
    rig.board.setLine('contact', true);
    expect(await codeOf(open(rig, 'inner'))).toBe('opened');
  });
});

describe('a tamper switch', () => {
  const doors = { main: { ...MAIN, exit: 'button2' } };

  it('is an event alone where it blocks nothing', async () => {
    const rig = rigOf(doors, { tamper: { line: 'contact' } });
    rig.board.setLine('contact', true);
    expect(rig.events('tamper.detected')).toEqual([{ type: 'tamper.detected' }]);
    expect(await codeOf(open(rig))).toBe('opened');
  });

  it('blocks every opening but that from inside, while it is open and for a time after', async () => {
    const rig = rigOf(doors, { tamper: { line: 'contact', blockFor: minutes(10) } });
    rig.board.setLine('contact', true);
    rig.clock.advance(minutes(60));
    expect(await codeOf(open(rig))).toBe('blocked');
    rig.board.setLine('contact', false);
    rig.clock.advance(minutes(10) - 1);
    expect(await codeOf(open(rig))).toBe('blocked');
    rig.board.setLine('button2', true);
    expect(rig.relay).toBe(true);
    rig.clock.advance(seconds(3));
    expect(await codeOf(open(rig))).toBe('opened');
  });

  it('blocks the digits of a call as well', () => {
    const rig = rigOf(
      { main: { ...MAIN, code: new Secret('42#') } },
      { tamper: { line: 'contact', blockFor: minutes(10) } },
    );
    rig.talk();
    rig.board.setLine('contact', true);
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
    expect(rig.events('door.refused')).toHaveLength(1);
  });

  it('blocks after a restart as before it', async () => {
    let kept = '';
    const memory = {
      read: () => kept,
      replace: (text: string) => {
        kept = text;
      },
    };
    const configuration = configured({ doors, tamper: { line: 'contact', blockFor: minutes(10) } });
    const first = new DoorRig(configuration, memory);
    first.board.setLine('contact', true);
    first.board.setLine('contact', false);
    const next = new DoorRig(configuration, memory);
    expect(await codeOf(open(next))).toBe('blocked');
    next.clock.advance(minutes(10));
    expect(await codeOf(open(next))).toBe('opened');
  });

  it('with a memory that is no time, or cannot be read, blocks nothing by it', async () => {
    const configuration = configured({ doors, tamper: { line: 'contact', blockFor: minutes(10) } });
    const rig = new DoorRig(configuration, { read: () => 'rubbish', replace: () => undefined });
    expect(await codeOf(open(rig))).toBe('opened');
    const full = new DoorRig(configuration, {
      read: () => {
        throw new Error('input/output error');
      },
      replace: () => {
        throw new Error('no space left on device');
      },
    });
    full.board.setLine('contact', true);
    expect(await codeOf(open(full))).toBe('blocked');
  });
});

describe('a motion detector', () => {
  const motion = { line: 'contact', button: 'front', rest: minutes(1) };

  it('rings as its button does, and not again while somebody stands there', () => {
    const rig = rigOf({ main: MAIN }, { motion });
    rig.board.setLine('contact', true);
    expect(rig.events('motion.detected')).toHaveLength(1);
    expect(rig.door.state().state).toBe('ringing');
    for (let second = 0; second < 90; second += 1) {
      rig.board.setLine('contact', second % 2 === 1);
      rig.clock.advance(seconds(1));
    }
    expect(rig.events('motion.detected')).toHaveLength(1);
    rig.board.setLine('contact', false);
    rig.clock.advance(minutes(1));
    rig.board.setLine('contact', true);
    expect(rig.events('motion.detected')).toHaveLength(2);
  });

  it('does not take the place of a call that is up', () => {
    const rig = rigOf({ main: MAIN }, { motion });
    rig.talk();
    const { call } = rig.door.state();
    rig.board.setLine('contact', true);
    expect(rig.events('motion.detected')).toHaveLength(1);
    expect(rig.door.state().call?.id).toBe(call?.id);
  });
});

describe('a lamp', () => {
  const lamp: LampConfiguration = {
    line: 'lamp',
    idle: 'off',
    ringing: 'fast',
    talking: 'on',
    open: 'blink',
    fault: 'flash',
    offline: 'flash',
  };

  /** What the lamp does within two seconds, in steps of 125 ms. Events are told when what led to them is over. */
  async function seen(rig: DoorRig): Promise<string> {
    let pattern = '';
    for (let step = 0; step < 16; step += 1) {
      await Promise.resolve();
      pattern += rig.board.read('lamp').active ? '#' : '.';
      rig.clock.advance(millis(125));
    }
    return pattern;
  }

  it('shows how it stands, the most urgent first, and its blinking is no news', async () => {
    const rig = rigOf({ main: MAIN }, { lamps: { status: lamp } });
    expect(await seen(rig)).toBe('................');
    rig.pressButton();
    expect(await seen(rig)).toBe('#.#.#.#.#.#.#.#.');
    expect(rig.events('line.changed').filter(({ line }) => line === 'lamp')).toEqual([]);
  });

  it('shows a door that is open before all else', async () => {
    const rig = rigOf({ main: MAIN }, { lamps: { status: lamp } });
    await open(rig);
    expect(await seen(rig)).toBe('####....####....');
    rig.clock.advance(seconds(2));
    expect(await seen(rig)).toBe('................');
  });

  it('shows an account that is not registered', async () => {
    const rig = rigOf({ main: MAIN }, { lamps: { status: lamp } });
    rig.agent.registrations = rig.agent.registrations.map((state) => ({ ...state, registered: false }));
    rig.journal.record('registration.changed', { account: 'sip:door@example.com', registered: false });
    expect(await seen(rig)).toBe('#...............');
  });

  it('that has no line is a fault, and the door rings', () => {
    const rig = rigOf({ main: MAIN }, { lamps: { status: { ...lamp, line: 'nowhere' } } });
    expect(rig.door.state().faults).toEqual([expect.stringContaining('lamp status')]);
    rig.pressButton();
    expect(rig.door.state().state).toBe('ringing');
  });

  it('is out when the door stops', async () => {
    const rig = rigOf({ main: MAIN }, { lamps: { status: { ...lamp, idle: 'on' } } });
    expect(rig.board.read('lamp').active).toBe(true);
    rig.door.stop();
    expect(rig.board.read('lamp').active).toBe(false);
  });
});

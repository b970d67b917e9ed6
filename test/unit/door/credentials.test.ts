// Codes at keypads and cards at readers. "Wrong codes: counted per caller and per keypad, locked out (5 wrong: 30 s,
// doubling), an event each time."

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { seconds } from '../../../src/base/units.ts';
import type { Configuration } from '../../../src/config/index.ts';
import { Card, type CardRead, type KeyPress, type KeypadKey } from '../../../src/hardware/ports/index.ts';
import { admissionFor, configured, DoorRig } from '../../support/door-rig.ts';

class TestKeypad {
  readonly listeners = new Set<(press: KeyPress) => void>();

  constructor(readonly name: string) {}

  onKey(listener: (press: KeyPress) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
  }
}

class TestReader {
  readonly listeners = new Set<(read: CardRead) => void>();

  constructor(readonly name: string) {}

  onCard(listener: (read: CardRead) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
  }
}

const CHARACTERS = { baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
const KEYPAD = { device: '/dev/ttyUSB0', protocol: 'ascii', ...CHARACTERS } as const;
const READER = {
  device: '/dev/ttyUSB1',
  protocol: 'rdm6300',
  bits: 26,
  framing: 'hex',
  ...CHARACTERS,
} as const;
const DOORS: Configuration['doors'] = {
  main: { relay: 'relay', openFor: seconds(3), code: new Secret('4711'), cards: [new Secret('188,24910')] },
  garage: { relay: 'relay2', openFor: seconds(3), code: new Secret('80815'), cards: [new Secret('0012345678')] },
};
/** 188,24910 as an RDM6300 tells it: the lower 24 bits of 0012345678. */
const CARD = new Card(40, 0x0b00bc614en);
const STRANGER = new Card(40, 0x0b00bc614fn);

function createRig(changes: Partial<Parameters<typeof configured>[0]> = {}) {
  const keypads = [new TestKeypad('entrance')];
  const readers = [new TestReader('entrance')];
  const configuration = configured({
    doors: DOORS,
    keypads: { entrance: KEYPAD },
    readers: { entrance: READER },
    ...changes,
  });
  const rig = new DoorRig(configuration, undefined, { keypads, readers });
  const type = (keys: string | readonly KeypadKey[]): void => {
    for (const key of keys as readonly KeypadKey[]) {
      for (const listener of keypads.flatMap((keypad) => [...keypad.listeners])) {
        listener({ key, at: rig.clock.now() });
      }
      rig.clock.advance(200);
    }
  };
  const show = (card: Card): void => {
    for (const listener of readers.flatMap((reader) => [...reader.listeners])) {
      listener({ card, at: rig.clock.now() });
    }
    rig.clock.advance(200);
  };
  const credentials = () => rig.events('credential.accepted', 'credential.refused', 'door.opened');
  return { rig, type, show, credentials };
}

const opened = (door: string, by: string) => ({ type: 'door.opened', door, by, forMs: 3000 });

describe('a code at a keypad', () => {
  it('opens its door, and says at which keypad', () => {
    const { rig, type, credentials } = createRig();
    type('4711');
    expect(rig.relay).toBe(true);
    expect(credentials()).toEqual([
      { type: 'credential.accepted', keypad: 'entrance', doors: ['main'] },
      opened('main', 'keypad entrance'),
    ]);
  });

  it('of another door opens that one', () => {
    const { rig, type } = createRig();
    type('80815');
    expect([rig.relay, rig.board.read('relay2').active]).toEqual([false, true]);
  });

  it('opens only the doors of the keypad', () => {
    const { type, credentials } = createRig({ keypads: { entrance: { ...KEYPAD, doors: ['garage'] } } });
    type('4711');
    type('#');
    expect(credentials()).toEqual([{ type: 'credential.refused', keypad: 'entrance', attempts: 1 }]);
  });

  it('of the keypad itself counts in place of the doors’ own', () => {
    const code = new Secret('123456');
    const { type, credentials } = createRig({ keypads: { entrance: { ...KEYPAD, code, doors: ['main'] } } });
    type('4711#');
    type('123456');
    expect(credentials()).toEqual([
      { type: 'credential.refused', keypad: 'entrance', attempts: 1 },
      { type: 'credential.accepted', keypad: 'entrance', doors: ['main'] },
      opened('main', 'keypad entrance'),
    ]);
  });

  it('that is wrong five times locks the keypad for 30 s, then for 60', () => {
    const { rig, type, credentials } = createRig();
    for (let turn = 0; turn < 5; turn += 1) type('99999');
    expect(credentials().at(-1)).toMatchObject({ attempts: 5, lockedForMs: 30_000 });
    type('4711#');
    expect(rig.relay).toBe(false);
    rig.clock.advance(30_000);
    type('99999');
    expect(credentials().at(-1)).toMatchObject({ attempts: 6, lockedForMs: 60_000 });
    rig.clock.advance(60_000);
    type('4711');
    expect(rig.relay).toBe(true);
  });

  it('is one guess a try: what is longer than the longest code is another try', () => {
    const { type, credentials } = createRig();
    type('1234512345123451234512345');
    expect(credentials().map((event) => event.type)).toEqual(Array(5).fill('credential.refused'));
    expect(credentials().at(-1)).toMatchObject({ attempts: 5, lockedForMs: 30_000 });
  });

  it('cannot be guessed at for nothing by clearing in time', () => {
    const { type, credentials } = createRig();
    for (let turn = 0; turn < 5; turn += 1) type(['9', '9', '9', '9', 'clear']);
    expect(credentials().at(-1)).toMatchObject({ attempts: 5, lockedForMs: 30_000 });
  });

  it('can be begun anew', () => {
    const { rig, type, credentials } = createRig();
    type(['4', '8', 'clear', '4', '7', '1', '1']);
    expect(rig.relay).toBe(true);
    expect(credentials().map((event) => event.type)).toEqual(['credential.accepted', 'door.opened']);
  });

  it('is not made of digits with noise between them', () => {
    const { rig, type } = createRig();
    type(['4', '7', 'clear', '1', '1']);
    expect(rig.relay).toBe(false);
  });

  it('opens nothing once the service has stopped', () => {
    const { rig, type } = createRig();
    rig.door.stop();
    type('4711');
    expect(rig.relay).toBe(false);
  });

  it('is the new one after a reload; what stood against the keypad stays', () => {
    const { rig, type, credentials } = createRig();
    for (let turn = 0; turn < 4; turn += 1) type('99999');
    const main = { relay: 'relay', openFor: seconds(3), code: new Secret('00000') };
    const changed = configured({ doors: { main }, keypads: { entrance: KEYPAD }, readers: { entrance: READER } });
    rig.door.apply(changed, admissionFor(changed, rig.agent), changed.accounts);
    type('99999');
    expect(credentials().at(-1)).toMatchObject({ attempts: 5, lockedForMs: 30_000 });
    rig.clock.advance(30_000);
    type('00000');
    expect(rig.relay).toBe(true);
  });

  it('does not stand in events and log', () => {
    const { rig, type } = createRig();
    type('4711');
    type('99999');
    rig.clock.advance(10_000);
    const text = JSON.stringify(rig.journal.recent) + rig.log.text;
    expect(text).not.toContain('4711');
    expect(text).not.toContain('99999');
  });
});

describe('a bell key', () => {
  const keypads = { entrance: { ...KEYPAD, rings: [{ key: '#', button: 'front' } as const] } };

  it('rings as its button does', () => {
    const { rig, type } = createRig({ keypads });
    type('#');
    expect(rig.events('button.pressed', 'call.started')).toMatchObject([
      { type: 'button.pressed', button: 'front' },
      { type: 'call.started', button: 'front', peer: 'sip:101@example.com' },
    ]);
  });

  it('is a key like any other once a code has been begun', () => {
    const { rig, type, credentials } = createRig({ keypads });
    type('47#');
    expect(rig.events('button.pressed')).toEqual([]);
    expect(credentials()).toMatchObject([{ type: 'credential.refused' }]);
  });
});

describe('a card at a reader', () => {
  it('opens the doors that it is named at, and says at which reader', () => {
    const { show, credentials } = createRig();
    show(CARD);
    expect(credentials()).toEqual([
      { type: 'credential.accepted', reader: 'entrance', doors: ['main', 'garage'] },
      opened('main', 'reader entrance'),
      opened('garage', 'reader entrance'),
    ]);
  });

  it('opens only the doors of the reader', () => {
    const { rig, show } = createRig({ readers: { entrance: { ...READER, doors: ['garage'] } } });
    show(CARD);
    expect([rig.relay, rig.board.read('relay2').active]).toEqual([false, true]);
  });

  it('that nobody knows opens nothing; five lock the reader, for known cards too', () => {
    const { rig, show, credentials } = createRig();
    for (let turn = 0n; turn < 5n; turn += 1n) show(new Card(40, 1000n + turn));
    expect(credentials().at(-1)).toEqual({
      type: 'credential.refused',
      reader: 'entrance',
      attempts: 5,
      lockedForMs: 30_000,
    });
    show(CARD);
    expect(rig.relay).toBe(false);
    rig.clock.advance(30_000);
    show(CARD);
    expect(rig.relay).toBe(true);
  });

  it('is shown once, however often its reader tells of it', () => {
    const { credentials, show } = createRig();
    for (let turn = 0; turn < 50; turn += 1) show(STRANGER);
    expect(credentials()).toEqual([{ type: 'credential.refused', reader: 'entrance', attempts: 1 }]);
  });

  it('can be shown again when it was away for a while', () => {
    const { rig, credentials, show } = createRig();
    show(STRANGER);
    rig.clock.advance(3000);
    show(STRANGER);
    expect(credentials()).toHaveLength(2);
  });

  it('does not stand in events and log', () => {
    const { rig, show } = createRig();
    show(CARD);
    show(STRANGER);
    const text = JSON.stringify(rig.journal.recent) + rig.log.text;
    expect(text).not.toMatch(/24910|12345678|12345679|bc614/i);
  });
});

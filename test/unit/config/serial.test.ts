// Keypads and readers in a file.

import { describe, expect, it } from 'vitest';
import { faultsOf, parse, SMALL, warningsOf } from './support.ts';

const file = (yaml: string): string => `${SMALL}doors: { main: { relay: relay, code: "4711" } }\n${yaml}\n`;

const USUAL = { baud: 9600, dataBits: 8, parity: 'none', stopBits: 1 };

describe('keypads and readers', () => {
  it('are what an integrator knows of them, and the usual for the rest', () => {
    const text = file(
      'keypads: { entrance: { device: "serial:/dev/ttyUSB0" } }\nreaders: { entrance: { device: "serial:/dev/ttyUSB1", protocol: wiegand, bits: 34, baud: 19200, dataBits: 7, parity: even, doors: [ main ] } }',
    );
    const { configuration, faults, warnings } = parse(text);
    expect([...faults, ...warnings]).toEqual([]);
    expect(configuration?.keypads).toEqual({
      entrance: { device: '/dev/ttyUSB0', protocol: 'ascii', ...USUAL },
    });
    expect(configuration?.readers).toEqual({
      entrance: {
        device: '/dev/ttyUSB1',
        protocol: 'wiegand',
        bits: 34,
        framing: 'hex',
        ...USUAL,
        baud: 19_200,
        dataBits: 7,
        parity: 'even',
        doors: ['main'],
      },
    });
  });

  it.each([
    ['keypads: { a: { device: /dev/ttyUSB0 } }', 'is not a serial device; write serial:/dev/ttyUSB0'],
    ['keypads: { a: { device: "serial:ttyUSB0" } }', 'is not a serial device; write serial:/dev/ttyUSB0'],
    ['keypads: { a: { device: "serial:/dev/a", baud: 9601 } }', 'keypads.a.baud'],
    ['keypads: { a: { device: "serial:/dev/a", doors: [ mian ] } }', 'there is no door "mian"; did you mean "main"?'],
    ['readers: { a: { device: "serial:/dev/a", doors: [ x ] } }', 'readers.a.doors[0]: there is no door "x"'],
    ['keypads: { a: { device: "serial:/dev/a", code: "12x" } }', 'keypads.a.code: has a character'],
    [
      'keypads: { a: { device: "serial:/dev/a" } }\nreaders: { b: { device: "serial:/dev/a" } }',
      'readers.b.device: is the device of keypads.a.device too',
    ],
    [
      'keypads: { a: { device: "serial:/dev/a", protocol: scancodes, keys: { "0x100": "1" } } }',
      'is not a scan code; write a byte as 0x1b or 27',
    ],
    ['keypads: { a: { device: "serial:/dev/a", protocol: scancodes, keys: { "0x1": "E" } } }', 'keypads.a.keys'],
  ])('%s: is refused', (yaml, said) => {
    expect(faultsOf(file(yaml))).toEqual([expect.stringContaining(said)]);
  });

  it('that open nothing are warned of', () => {
    const noCode = `${SMALL}doors: { main: { relay: relay } }\nkeypads: { a: { device: "serial:/dev/a" } }\n`;
    expect(warningsOf(noCode)).toEqual([expect.stringContaining('keypads.a: opens nothing: there is no code to type')]);
    const unused = file('keypads: { a: { device: "serial:/dev/a", keys: { "1": "1" } } }');
    expect(warningsOf(unused)).toEqual([expect.stringContaining('keypads.a.keys: is not used by this protocol')]);
  });
});

describe('cards', () => {
  it('are secrets like any other', () => {
    const text = `${SMALL}doors: { main: { relay: relay, cards: [ "188,24910", { file: /elsewhere/code } ] } }\n`;
    expect(faultsOf(text)).toEqual([expect.stringContaining('doors.main.cards[1]: is not the number of a card')]);
    const { configuration } = parse(text.replace(', { file: /elsewhere/code }', ''));
    expect(configuration?.doors.main?.cards?.map((card) => card.reveal())).toEqual(['188,24910']);
    expect(JSON.stringify(configuration)).not.toContain('24910');
  });
});

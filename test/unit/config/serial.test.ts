// Keypads and readers in a file.

import { describe, expect, it } from 'vitest';
import { modulePlaceOf } from '../../../src/config/index.ts';
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

  it.each([
    ['{ key: "#", button: fornt }', 'rings[0].button: there is no button "fornt"; did you mean "front"?'],
    ['{ key: "#", button: front }, { key: "#", button: front }', 'rings[1].key: rings already'],
    ['{ key: "4", button: front }', 'rings[0].key: is the first of a code'],
    ['{ key: "E", button: front }', 'rings[0].key: is not one of'],
  ])('with the bell key %s: is refused', (rings, said) => {
    expect(faultsOf(file(`keypads: { a: { device: "serial:/dev/a", rings: [ ${rings} ] } }`))).toEqual([
      expect.stringContaining(said),
    ]);
  });

  it('that open nothing are warned of', () => {
    const noCode = `${SMALL}doors: { main: { relay: relay } }\nkeypads: { a: { device: "serial:/dev/a" } }\n`;
    expect(warningsOf(noCode)).toEqual([expect.stringContaining('keypads.a: opens nothing: there is no code to type')]);
    const unused = file('keypads: { a: { device: "serial:/dev/a", keys: { "1": "1" } } }');
    expect(warningsOf(unused)).toEqual([expect.stringContaining('keypads.a.keys: is not used by this protocol')]);
  });
});

describe('a matrix keypad', () => {
  const matrix = (yaml: string): string => file(`keypads: { entrance: { ${yaml} } }`);

  it('has the usual keys for its rows and columns', () => {
    const lines = 'matrix: { rows: [ GPIO5, GPIO6, GPIO13, GPIO19 ], columns: [ GPIO12, GPIO16, GPIO20 ] }';
    const { configuration, faults, warnings } = parse(matrix(lines));
    expect([...faults, ...warnings]).toEqual([]);
    expect(configuration?.keypads.entrance?.matrix?.keys).toEqual(['123', '456', '789', '*0#']);
    const wide = parse(matrix(lines.replace('GPIO20 ]', 'GPIO20, GPIO21 ]')));
    expect(wide.configuration?.keypads.entrance?.matrix?.keys).toEqual(['123A', '456B', '789C', '*0#D']);
  });

  it.each([
    ['protocol: ascii', 'keypads.entrance: has neither device nor matrix'],
    [
      'device: "serial:/dev/a", matrix: { rows: [ GPIO5 ], columns: [ GPIO6 ], keys: [ "1" ] }',
      'device: stands beside',
    ],
    ['matrix: { rows: [ GPIO5 ], columns: [ GPIO6 ], keys: [ "12" ] }', 'matrix.keys: are not 1 texts of 1 characters'],
    ['matrix: { rows: [ GPIO5, GPIO6 ], columns: [ GPIO6 ], keys: [ "1", "2" ] }', 'columns[0]: GPIO6 is used by'],
    ['matrix: { rows: [ button2 ], columns: [ GPIO6 ], keys: [ "1" ] }', 'rows[0]: button2 is not an output'],
    ['matrix: { rows: [ relay ], columns: [ GPIO6 ], keys: [ "1" ] }', 'rows[0]: relay is used by doors.main.relay'],
    ['matrix: { rows: [ GPIO5 ], columns: [ GPIO6 ], keys: [ "E" ] }', 'matrix.keys[0]'],
  ])('%s: is refused', (yaml, said) => {
    expect(faultsOf(matrix(yaml))).toEqual([expect.stringContaining(said)]);
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

describe('modules', () => {
  const modules = (yaml: string, rest = ''): string =>
    `${SMALL}doors: { main: { relay: ${rest === '' ? '"io:relay1"' : rest}, code: "4711" } }\nmodules: ${yaml}\n`;
  const IO = '{ io: { device: "serial:/dev/ttyS0", protocol: modbus, relays: 4, inputs: 2 } }';

  it('are the usual for what is not said', () => {
    const { configuration, faults } = parse(modules(IO));
    expect(faults).toEqual([]);
    expect(configuration?.modules).toEqual({
      io: {
        device: '/dev/ttyS0',
        protocol: 'modbus',
        ...USUAL,
        relays: 4,
        inputs: 2,
        unit: 1,
        poll: 100,
        answerWithin: 200,
      },
    });
  });

  it('have lines by their places, and by names of one’s own', () => {
    const text = `${modules(IO, 'strike')}lines: { strike: { at: "io:relay2" }, bell: { at: "io:input1", active: low } }\n`;
    expect(faultsOf(text.replace('line: button', 'line: bell'))).toEqual([]);
    const { configuration } = parse(text);
    expect(configuration === undefined ? [] : [modulePlaceOf('strike', configuration)]).toEqual([
      { module: 'io', direction: 'output', number: 2, isInverted: false },
    ]);
    expect(configuration === undefined ? [] : [modulePlaceOf('bell', configuration)]).toEqual([
      { module: 'io', direction: 'input', number: 1, isInverted: true },
    ]);
  });

  it.each([
    [modules(IO, '"io:relay5"'), 'doors.main.relay: the module io has 4 relays'],
    [modules(IO, '"oi:relay1"'), 'doors.main.relay: there is no module "oi"'],
    [modules(IO, '"io:input1"'), 'doors.main.relay: io:input1 is an input of io; name a relay'],
    [
      `${modules(IO)}lamps: { a: { line: "io:relay1" } }\n`,
      'lamps.a.line: io:relay1 is used by doors.main.relay already',
    ],
    [
      `${modules(IO, 'strike')}lines: { strike: { at: "io:relay2", active: low } }\n`,
      'lines.strike.active: is not for a line of a module',
    ],
    [
      modules('{ io: { device: "serial:/dev/a", protocol: lcus, relays: 9 } }'),
      'modules.io.relays: is more than such a board has',
    ],
    [
      modules(
        '{ io: { device: "serial:/dev/a", protocol: modbus }, b: { device: "serial:/dev/a", protocol: modbus } }',
      ),
      'modules.b.unit: is the number of modules.io too',
    ],
    [
      modules(
        '{ io: { device: "serial:/dev/a", protocol: modbus }, b: { device: "serial:/dev/a", protocol: modbus, unit: 2, baud: 19200 } }',
      ),
      'modules.b.baud: is another than that of modules.io, on the same line',
    ],
    [
      modules('{ io: { device: "serial:/dev/a", protocol: modbus }, b: { device: "serial:/dev/a", protocol: lcus } }'),
      'modules.b.device: is the device of modules.io too',
    ],
    [
      `${modules(IO)}keypads: { a: { device: "serial:/dev/ttyS0" } }\n`,
      'keypads.a.device: is the device of modules.io.device too',
    ],
    [modules('{ io: { device: "serial:/dev/a", protocol: modbus, unit: 0 } }'), 'modules.io.unit: is out of bounds'],
    [modules('{ io: { device: "serial:/dev/a" } }'), 'modules.io.protocol: is missing'],
  ])('%s: is refused', (text, said) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(said)]);
  });
});

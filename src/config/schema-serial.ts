// `keypads`, `readers`, `modules`: devices at serial lines.

import * as v from 'valibot';
import { KEYPAD_KEYS } from '../base/keypad-keys.ts';
import { millis, seconds } from '../base/units.ts';
import { name } from './schema-door.ts';
import { count, duration, key, lineOfText, SECRET_FORMS, secret, serialDevice } from './values.ts';

const BAUD_RATES = [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400] as const;

const device = key(serialDevice, {
  title: 'Device',
  description:
    '`serial:` and the path of the device. A path below `/dev/serial/by-id` stays the same wherever it is plugged in.',
  examples: ['serial:/dev/ttyUSB0'],
});

/** How characters travel; what is usual for nearly all devices where a file does not say it. */
const characters = {
  baud: v.optional(key(v.picklist(BAUD_RATES), { title: 'Baud rate', description: 'Of the device.' }), 9600),
  dataBits: v.optional(key(v.picklist([7, 8]), { title: 'Data bits', description: 'Of a character.' }), 8),
  parity: v.optional(
    key(v.picklist(['none', 'even', 'odd']), { title: 'Parity', description: 'Of a character.' }),
    'none',
  ),
  stopBits: v.optional(key(v.picklist([1, 2]), { title: 'Stop bits', description: 'Behind a character.' }), 1),
};

function doors(description: string) {
  return v.exactOptional(
    key(v.pipe(v.array(name), v.minLength(1), v.maxLength(16)), { title: 'Doors', description, examples: [['main']] }),
  );
}

/** The usual ones, by how many columns there are. */
const LAYOUTS: Readonly<Record<number, readonly string[]>> = {
  3: ['123', '456', '789', '*0#'],
  4: ['123A', '456B', '789C', '*0#D'],
};

const lines = v.pipe(v.array(lineOfText(64)), v.minLength(1), v.maxLength(8));

const matrix = v.pipe(
  v.strictObject({
    rows: key(lines, {
      title: 'Rows',
      description:
        'Outputs of the board, from the top. They are driven low one after another, and float else (open drain).',
      examples: [['GPIO5', 'GPIO6', 'GPIO13', 'GPIO19']],
    }),
    columns: key(lines, {
      title: 'Columns',
      description: 'Inputs of the board, from the left; held high by the chip’s own resistor.',
      examples: [['GPIO12', 'GPIO16', 'GPIO20']],
    }),
    keys: v.exactOptional(
      key(v.array(v.pipe(v.string(), v.regex(/^[0-9*#A-D.]{1,8}$/))), {
        title: 'Keys',
        description:
          'What stands on them, a text for each row; `.` where there is none. Left out: 123 456 789 *0#, with four columns A B C D at their right.',
        examples: [['123', '456', '789', '*0#']],
      }),
    ),
  }),
  v.transform(({ keys, ...lines }) => ({ ...lines, keys: keys ?? LAYOUTS[lines.columns.length] ?? [] })),
);

const ring = v.strictObject({
  key: key(v.picklist(KEYPAD_KEYS), { title: 'Key', description: 'No code may begin with it.' }),
  button: key(name, { title: 'Button', description: 'Which one it stands for.' }),
});

export const keypad = v.strictObject({
  device: v.exactOptional(device),
  matrix: v.exactOptional(
    key(matrix, {
      title: 'Matrix',
      description: 'In place of `device`: a keypad whose keys connect rows with columns.',
    }),
  ),
  protocol: v.optional(
    key(v.picklist(['ascii', 'scancodes']), {
      title: 'Protocol',
      description:
        '`ascii`: the character on the key; Enter is `#`, backspace, escape and delete clear. `scancodes`: those of a PC’s ' +
        'keyboard (set 2), or of `keys`.',
    }),
    'ascii',
  ),
  ...characters,
  keys: v.exactOptional(
    key(v.record(name, v.picklist(KEYPAD_KEYS)), {
      title: 'Own scan codes',
      description:
        'Protocol `scancodes`: what the device sends for each key, a byte as `0x1b` or `27`, in place of set 2. Keys are ' +
        '`0` to `9`, `*`, `#`, `A` to `D` and `clear`.',
      examples: [{ '0x01': '1' }],
    }),
  ),
  doors: doors('Doors that open here, each by its `code`. Left out: all that have one.'),
  rings: v.exactOptional(
    key(v.pipe(v.array(ring), v.maxLength(16)), {
      title: 'Bell keys',
      description:
        'Keys that ring as a button does, while no code has been begun: `[ { key: "#", button: front } ]`. Left out: none.',
      examples: [[{ key: '#', button: 'front' }]],
    }),
  ),
  code: v.exactOptional(
    key(secret, {
      title: 'Code',
      description: `Opens all of these doors here, in place of their own codes. ${SECRET_FORMS} Left out: each door’s own.`,
    }),
  ),
});

export const reader = v.strictObject({
  device,
  protocol: v.optional(
    key(v.picklist(['rdm6300', 'wiegand']), {
      title: 'Protocol',
      description: '`rdm6300` and its like (125 kHz), or a Wiegand reader behind a converter.',
    }),
    'rdm6300',
  ),
  bits: v.optional(
    key(v.picklist([26, 34, 37]), { title: 'Wiegand bits', description: 'Of a frame, with both parity bits.' }),
    26,
  ),
  framing: v.optional(
    key(v.picklist(['hex', 'bytes', 'number']), {
      title: 'What the converter sends',
      description:
        '`hex`: the frame as hexadecimal digits on a line. `bytes`: the frame as bytes. Parity is checked in both. ' +
        '`number`: the number alone as hexadecimal digits, where the converter has checked it.',
    }),
    'hex',
  ),
  ...characters,
  doors: doors('Doors that open here, each by its `cards`. Left out: all that have some.'),
});

export const module = v.strictObject({
  device,
  protocol: key(v.picklist(['lcus', 'modbus']), {
    title: 'Protocol',
    description: '`lcus`: USB relay boards such as LCUS-1. `modbus`: modules at an RS-485 line, Modbus RTU.',
  }),
  ...characters,
  relays: v.optional(key(count(0, 64), { title: 'Relays', description: 'How many it has.' }), 1),
  inputs: v.optional(key(count(0, 64), { title: 'Inputs', description: 'How many it has; `modbus` only.' }), 0),
  unit: v.optional(
    key(count(1, 247), {
      title: 'Number on the line',
      description: '`modbus`: of this module. Several modules may name the same device.',
    }),
    1,
  ),
  poll: v.optional(
    key(duration(millis(20), seconds(10)), {
      title: 'How often inputs are read',
      description: '`modbus`. What is shorter than that may go unseen.',
    }),
    '100ms',
  ),
  answerWithin: v.optional(
    key(duration(millis(20), seconds(2)), {
      title: 'Time for an answer',
      description: '`modbus`: how long the module may think. It is asked three times.',
    }),
    '200ms',
  ),
});

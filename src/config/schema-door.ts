// `doors`, `lamps`, `tamper`, `motion`: what is wired to the door beside its button.

import * as v from 'valibot';
import { millis, minutes, seconds } from '../base/units.ts';
import { duration, key, lineOfText, SECRET_FORMS, secret } from './values.ts';

/** Names of buttons and doors stand in MQTT topics, events and on the command line. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const name = v.pipe(v.string(), v.regex(NAME_PATTERN));

/** A line of the board that something is wired to. */
export function wire(title: string, description: string, example: string) {
  return key(lineOfText(64), { title, description, examples: [example] });
}

const contact = v.strictObject({
  line: wire(
    'Line',
    'The input that the contact is wired to. Active: the door is shut, as with a reed contact and its magnet.',
    'GPIO23',
  ),
  leftOpenAfter: v.optional(
    key(duration(seconds(5), minutes(60)), {
      title: 'Open too long',
      description: 'A door that stands open for so long is said to be left open.',
    }),
    '1m',
  ),
});

export const door = v.strictObject({
  relay: wire('Relay', 'The output that opens the door.', 'GPIO27'),
  openFor: v.optional(
    key(duration(millis(100), minutes(5)), {
      title: 'Opening time',
      description: 'How long the relay is on.',
    }),
    '3s',
  ),
  openAgain: v.exactOptional(
    key(v.picklist(['prolong', 'close']), {
      title: 'Opening what is open',
      description: 'Begins its time anew, or closes it at once (a toggle). Left out: prolong.',
    }),
  ),
  rest: v.exactOptional(
    key(duration(millis(0), minutes(5)), {
      title: 'Rest',
      description: 'How long it stays shut at least before it opens again: for drives that must not be hurried.',
    }),
  ),
  interlock: v.exactOptional(
    key(v.pipe(v.array(name), v.maxLength(16)), {
      title: 'Interlock',
      description:
        'Doors that must be shut while this one opens, and the other way round: both doors of a lobby never stand open together.',
      examples: [['inner']],
    }),
  ),
  code: v.exactOptional(
    key(secret, {
      title: 'Code',
      description:
        'Digits that open the door during a call, and at a keypad: up to 16 of 0-9 * A-D, with # as the last if wanted. ' +
        `${SECRET_FORMS} Left out: no digits open it.`,
    }),
  ),
  cards: v.exactOptional(
    key(v.pipe(v.array(secret), v.maxLength(1000)), {
      title: 'Cards',
      description:
        'Numbers of cards that open the door at a reader: `"188,24910"` (facility and number) or `"0012345678"` as printed, ' +
        `or \`"0x0B00BC614E"\`. Each a secret: ${SECRET_FORMS} Left out: no card opens it.`,
      examples: [['0012345678']],
    }),
  ),
  contact: v.exactOptional(
    key(contact, { title: 'Door contact', description: 'Tells whether the door is shut. Left out: there is none.' }),
  ),
  exit: v.exactOptional(
    key(lineOfText(64), {
      title: 'Exit button',
      description: 'The input of a button inside that opens the door. A tamper switch does not block it.',
    }),
  ),
});

export const tamper = v.strictObject({
  line: wire('Line', 'The input of the switch. Active: somebody has opened the housing.', 'GPIO5'),
  blockFor: v.exactOptional(
    key(duration(seconds(10), minutes(24 * 60)), {
      title: 'Block',
      description:
        'For how long after that no door opens but by its exit button; a restart does not shorten it. Left out: it is an event alone.',
    }),
  ),
});

export const motion = v.strictObject({
  line: wire('Line', 'The input of the detector. Active: something moves.', 'GPIO6'),
  button: v.exactOptional(
    key(name, { title: 'Button', description: 'Rings as this button does. Left out: it is an event alone.' }),
  ),
  rest: v.optional(
    key(duration(seconds(1), minutes(60)), {
      title: 'Rest',
      description: 'How long nothing must have moved until motion counts again.',
    }),
    '1m',
  ),
});

/** What a lamp does. */
export const LAMP_PATTERNS = ['off', 'on', 'blink', 'fast', 'flash'] as const;

function pattern(title: string, description: string, usual: (typeof LAMP_PATTERNS)[number]) {
  return v.optional(key(v.picklist(LAMP_PATTERNS), { title, description }), usual);
}

export const lamp = v.strictObject({
  line: wire('Line', 'The output of the lamp.', 'lamp'),
  idle: pattern(
    'At rest',
    '`off`, `on`, `blink` (once a second), `fast` (four times a second), `flash` (every two).',
    'off',
  ),
  ringing: pattern('Ringing', 'While somebody is called.', 'fast'),
  talking: pattern('Talking', 'While a call is up.', 'on'),
  open: pattern('Open', 'While a door is open; it goes before all others.', 'blink'),
  fault: pattern('Fault', 'While something is wrong with the door.', 'flash'),
  offline: pattern('Offline', 'While an account that registers is not registered.', 'flash'),
});

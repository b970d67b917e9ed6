// `buttons`: what a button rings, and what it does when it is held.

import * as v from 'valibot';
import { millis, minutes, seconds } from '../base/units.ts';
import { name, wire } from './schema-door.ts';
import { callTarget, duration, key } from './values.ts';

const targets = v.pipe(v.array(callTarget('sip:101@example.com')), v.minLength(1), v.maxLength(16));

const held = v.strictObject({
  after: v.optional(
    key(duration(millis(500), seconds(30)), { title: 'Time', description: 'How long it must be down for that.' }),
    '2s',
  ),
  call: v.exactOptional(
    key(targets, {
      title: 'Whom it rings then',
      description: 'In place of those whom the press rings. While somebody talks nobody is rung.',
      examples: [['sip:103@example.com']],
    }),
  ),
  switch: v.exactOptional(wire('Output', 'An output that is switched on for a while: a light.', 'light')),
  switchFor: v.optional(
    key(duration(millis(100), minutes(60)), { title: 'Switched for', description: 'How long that output is on.' }),
    '3s',
  ),
  open: v.exactOptional(
    key(name, { title: 'Door', description: 'The door that it opens then; with `inside: true` alone.' }),
  ),
  inside: v.exactOptional(
    key(v.boolean(), {
      title: 'Inside',
      description:
        'true: the button is where nobody comes who may not open. A button at the street that opens lets everybody in.',
    }),
  ),
});

export const button = v.strictObject({
  line: wire('Line', 'The input that the button is wired to.', 'GPIO17'),
  call: key(targets, {
    title: 'Whom it rings',
    description: 'SIP addresses, or telephone numbers at the account’s server (`tel:+4930123456`), in this order.',
    examples: [['sip:101@example.com']],
  }),
  held: v.exactOptional(
    key(held, {
      title: 'Held',
      description: 'What it does, beside ringing, when it is held. Left out: that is an event (`button.held`) alone.',
    }),
  ),
});

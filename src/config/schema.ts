// The one schema: every key with its title, description, unit, default and bounds. The JSON Schema for editors and
// docs/configuration.md are made from it; `parse.ts` checks files against it. Defaults stand here and nowhere else.
// What a version does not carry out is off by default, and named in `not-carried-out.ts` when a file asks for it.

import * as v from 'valibot';
import { minutes, seconds } from '../base/units.ts';
import { complaint, encodeComplaint } from './complaint.ts';
import { account } from './schema-accounts.ts';
import { audio } from './schema-audio.ts';
import { button } from './schema-buttons.ts';
import { door, lamp, motion, name, tamper } from './schema-door.ts';
import { line } from './schema-lines.ts';
import { media } from './schema-media.ts';
import { provisioning } from './schema-provisioning.ts';
import { keypad, module, reader } from './schema-serial.ts';
import { sip } from './schema-sip.ts';
import { MQTT_COMMANDS } from './types.ts';
import { duration, key, lineOfText, mqttUrl, SECRET_FORMS, secret, topicPrefix } from './values.ts';

const calls = v.strictObject({
  ringFor: v.optional(
    key(duration(seconds(1), minutes(10)), {
      title: 'Ring time',
      description: 'A call that nobody has answered ends then.',
    }),
    '30s',
  ),
  maxDuration: v.optional(
    key(duration(seconds(10), minutes(24 * 60)), {
      title: 'Longest call',
      description: 'A call ends then, whoever talks.',
    }),
    '5m',
  ),
  pressAgain: v.optional(
    key(v.picklist(['cancel', 'ignore']), {
      title: 'A press while it rings',
      description: 'Gives up the call, or does nothing.',
    }),
    'cancel',
  ),
});

const mqtt = v.strictObject({
  url: key(mqttUrl, {
    title: 'Broker',
    description: '`mqtt://HOST:PORT` or `mqtts://HOST:PORT`.',
    examples: ['mqtts://broker.example.com'],
  }),
  username: v.exactOptional(key(lineOfText(), { title: 'User name', description: 'At the broker.' })),
  password: v.exactOptional(key(secret, { title: 'Password', description: `At the broker. ${SECRET_FORMS}` })),
  prefix: v.exactOptional(
    key(topicPrefix, {
      title: 'Topic prefix',
      description: 'Left out: `doorphone/` and the name in small letters with hyphens.',
      examples: ['doorphone/front-door'],
    }),
  ),
  commands: v.optional(
    key(v.array(v.picklist(MQTT_COMMANDS)), {
      title: 'Commands',
      description:
        'What may be asked for by MQTT. `open` is obeyed only where it is listed; `transfer` reaches whom a button calls, and nobody else.',
    }),
    ['press', 'hangup'],
  ),
  homeAssistant: v.optional(
    key(v.boolean(), { title: 'Home Assistant', description: 'Announce the door for discovery.' }),
    false,
  ),
});

const log = v.strictObject({
  level: v.optional(
    key(v.picklist(['debug', 'info', 'warn', 'error']), {
      title: 'Level',
      description: 'The least that is written.',
    }),
    'info',
  ),
  digits: v.optional(
    key(v.boolean(), {
      title: 'Name digits',
      description: 'true: events name received digits. Digits are door codes.',
    }),
    false,
  ),
});

const NO_WATCHDOG = complaint('is not a watchdog', 'write /dev/watchdog or /dev/watchdog0');

/** A configuration file. */
export const configurationSchema = v.strictObject({
  name: v.optional(
    key(lineOfText(64), {
      title: 'Name',
      description: 'What phones and the house show.',
      examples: ['Front door'],
    }),
    'Doorphone',
  ),
  board: v.optional(
    key(lineOfText(256), {
      title: 'Board',
      description: 'A name in board/, a path, `auto`, or `virtual` (no hardware).',
      requiresRestart: true,
      examples: ['raspberry-pi-4', 'virtual'],
    }),
    'auto',
  ),
  addons: v.optional(
    key(v.array(lineOfText(64)), {
      title: 'Add-ons',
      description:
        'What is put on the board or plugged into it, by names in board/: its sound card, button and mixer’s controls.',
      examples: [['respeaker-2mic-hat']],
      requiresRestart: true,
    }),
    [],
  ),
  lines: v.optional(
    key(v.record(name, line), {
      title: 'Lines',
      description: 'How lines are wired, by the name that `buttons` and `doors` call them by.',
      requiresRestart: true,
    }),
    {},
  ),
  modules: v.optional(
    key(v.record(name, module), {
      title: 'Modules',
      description:
        'Relays and inputs beside the board, by name: letters, digits, - and _. Their lines are `NAME:relay1`, `NAME:input1` ' +
        'and so on.',
      requiresRestart: true,
    }),
    {},
  ),
  accounts: v.optional(
    key(v.array(account), { title: 'Accounts', description: 'SIP identities. The first is the default one.' }),
    [],
  ),
  sip: v.optional(key(sip, { title: 'SIP', description: 'Signalling.' }), {}),
  media: v.optional(key(media, { title: 'Media', description: 'The sound of a call on the network.' }), {}),
  audio: v.optional(key(audio, { title: 'Audio', description: 'Microphone and speaker.' }), {}),
  calls: v.optional(key(calls, { title: 'Calls', description: 'Limits and habits.' }), {}),
  buttons: v.optional(
    key(v.record(name, button), { title: 'Buttons', description: 'By name: letters, digits, - and _.' }),
    {},
  ),
  doors: v.optional(
    key(v.record(name, door), { title: 'Doors', description: 'By name: letters, digits, - and _.' }),
    {},
  ),
  lamps: v.optional(
    key(v.record(name, lamp), { title: 'Lamps', description: 'What each shows, by name: letters, digits, - and _.' }),
    {},
  ),
  keypads: v.optional(
    key(v.record(name, keypad), {
      title: 'Keypads',
      description: 'At which codes open doors, by name: letters, digits, - and _.',
      requiresRestart: true,
    }),
    {},
  ),
  readers: v.optional(
    key(v.record(name, reader), {
      title: 'Readers',
      description: 'At which cards open doors, by name: letters, digits, - and _.',
      requiresRestart: true,
    }),
    {},
  ),
  tamper: v.exactOptional(key(tamper, { title: 'Tamper switch', description: 'Left out: there is none.' })),
  motion: v.exactOptional(key(motion, { title: 'Motion detector', description: 'Left out: there is none.' })),
  mqtt: v.exactOptional(key(mqtt, { title: 'MQTT', description: 'Left out: no broker is used.' })),
  provisioning: v.exactOptional(
    key(provisioning, { title: 'Provisioning', description: 'Left out: off.', requiresRestart: true }),
  ),
  watchdog: v.exactOptional(
    key(v.pipe(v.string(), v.regex(/^\/dev\/watchdog\d{0,2}$/, encodeComplaint(NO_WATCHDOG))), {
      title: 'Watchdog',
      description:
        'The board’s watchdog, `/dev/watchdog0`, for services that nobody watches over: fed while the door is alive, so that a ' +
        'board that hangs is restarted. Under systemd it is left to that (RuntimeWatchdogSec). Left out: none is held.',
      examples: ['/dev/watchdog0'],
    }),
  ),
  log: v.optional(key(log, { title: 'Log', description: 'On standard error.' }), {}),
});

/** What a file without faults yields, before secrets are read and paths made absolute. */
export type CheckedFile = v.InferOutput<typeof configurationSchema>;

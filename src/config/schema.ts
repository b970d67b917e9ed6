// The one schema: every key with its title, description, unit, default and bounds. The JSON Schema for editors and
// docs/configuration.md are made from it; `parse.ts` checks files against it. Defaults stand here and nowhere else.
// What a version does not carry out is off by default, and named in `not-carried-out.ts` when a file asks for it.

import * as v from 'valibot';
import { minutes, seconds } from '../base/units.ts';
import { complaint, encodeComplaint } from './complaint.ts';
import { account } from './schema-accounts.ts';
import { button } from './schema-buttons.ts';
import { door, lamp, motion, name, tamper } from './schema-door.ts';
import { line } from './schema-lines.ts';
import { provisioning } from './schema-provisioning.ts';
import { keypad, module, reader } from './schema-serial.ts';
import { MQTT_COMMANDS } from './types.ts';
import {
  acceptRule,
  audioDevice,
  duration,
  durationOrOff,
  key,
  lineOfText,
  listenAddress,
  mixerName,
  mqttUrl,
  packetTime,
  path,
  percent,
  portRange,
  resolverAddress,
  SECRET_FORMS,
  secret,
  stunServer,
  topicPrefix,
} from './values.ts';

const sip = v.strictObject({
  listen: v.optional(
    key(v.pipe(v.array(listenAddress), v.minLength(1)), {
      title: 'Listen addresses',
      description: 'Where SIP comes in, as `udp:ADDRESS:PORT`, `tcp:…` or `tls:…`. Port 0: the system chooses.',
      requiresRestart: true,
    }),
    ['udp:0.0.0.0:5060', 'tcp:0.0.0.0:5060'],
  ),
  tls: v.exactOptional(
    key(
      v.strictObject({
        ca: v.exactOptional(
          key(path, {
            title: 'Trusted authorities',
            description:
              'PEM file: who must have signed the certificate of a server; the server’s own certificate will do. Left ' +
              'out: the public authorities that Node.js brings.',
          }),
        ),
        certificate: v.exactOptional(
          key(path, {
            title: 'Own certificate',
            description: 'PEM file, with the chain below it: to listen with, and for servers that ask for one.',
          }),
        ),
        key: v.exactOptional(
          key(path, { title: 'Private key', description: 'PEM file. Left out: in the certificate’s file.' }),
        ),
      }),
      {
        title: 'TLS',
        description:
          'Certificates for SIP over TLS (1.2 and newer). A server must prove to be the host of its SIP address ' +
          '(RFC 5922). `reload` reads the files again.',
      },
    ),
  ),
  resolvers: v.exactOptional(
    key(v.array(resolverAddress), {
      title: 'DNS servers',
      description: 'As `ADDRESS:PORT`. Left out: the system’s.',
      examples: [['192.0.2.53:53']],
    }),
  ),
  accept: v.exactOptional(
    key(v.pipe(v.array(acceptRule), v.maxLength(64)), {
      title: 'Who may call in',
      description:
        '`registrar` (the servers of the accounts), networks, names of hosts, and `{ username: …, password: … }`: ' +
        'who shows that password (digest) may call from anywhere. ' +
        'Left out: the registrars and the hosts that buttons call.',
      examples: [['registrar', '192.0.2.0/24', 'phone.example.com']],
    }),
  ),
  digest: v.optional(
    key(v.pipe(v.array(v.picklist(['SHA-256', 'MD5'])), v.minLength(1), v.maxLength(2)), {
      title: 'Digests',
      description:
        'By what callers are asked for the passwords of `accept`, the first preferred (RFC 8760). `[ MD5 ]` for phones ' +
        'that give up on what they do not know, as some do that should pass over it.',
    }),
    ['SHA-256', 'MD5'],
  ),
  answer: v.optional(
    key(v.picklist(['automatic', 'on-request', 'manual', 'never']), {
      title: 'Calls into the door',
      description:
        'Answered by itself; by itself where the caller asks for that (Answer-Mode, intercom) and is vouched for by a ' +
        'server of the accounts or a password; by `doorphone answer`; or never.',
    }),
    'automatic',
  ),
  transfer: v.optional(
    key(v.picklist(['known', 'any', 'off']), {
      title: 'Transfers',
      description:
        'To whom a phone may hand the visitor over. `known`: whom the door has called, to everybody at the servers and ' +
        'hosts that this file names; who calls in, to whom a button calls. `any`: one step wider. `off`: nobody, and no ' +
        'call is picked up by another phone.',
    }),
    'known',
  ),
  watchers: v.optional(
    key(v.picklist(['calls', 'state', 'off']), {
      title: 'Watchers',
      description:
        'What phones that may call in are told when they watch the door (RFC 4235): its calls, so that they can pick ' +
        'them up; only whether there is one; nothing.',
    }),
    'calls',
  ),
  publish: v.optional(
    key(v.picklist(['off', 'presence']), {
      title: 'Publication',
      description: '`presence`: the servers of the accounts are told whether the door is in a call (RFC 3903).',
      requiresRestart: true,
    }),
    'off',
  ),
  clickToDial: v.optional(
    key(v.boolean(), {
      title: 'Click to dial',
      description: 'true: who may call in may have the door call a number at a known place (REFER without a call).',
    }),
    false,
  ),
  sessionExpires: v.optional(
    key(durationOrOff(seconds(90), minutes(24 * 60)), {
      title: 'Session timer',
      description:
        'RFC 4028: how long a call lives without being refreshed, where we may say. off: we ask for no timer; one that the other side asks for is kept either way.',
    }),
    'off',
  ),
  outbound: v.optional(
    key(v.picklist(['auto', 'off']), {
      title: 'Flows',
      description:
        'auto: where the registrar knows flows (RFC 5626), it reaches the door by the connection that the door keeps to it, ' +
        'by each of its proxies; elsewhere all is as if it were off.',
      requiresRestart: true,
    }),
    'auto',
  ),
  dtmf: v.optional(
    key(v.picklist(['rtp', 'info']), {
      title: 'Sent digits',
      description: 'As RTP events (RFC 4733) or as INFO. Every way is received.',
    }),
    'rtp',
  ),
});

/**
 * The order is what gets the most peers to encrypt. AES_CM_128_HMAC_SHA1_80 is the one that every implementation has
 * (RFC 4568 §6.2.1), and old phones read the first line only. GCM is for peers that allow nothing else; the short tag is
 * for gateways that have no other, and comes late as it is the weaker. AES-256 in counter mode is rare.
 */
const SUITES = [
  'AES_CM_128_HMAC_SHA1_80',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_256_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
] as const;

const media = v.strictObject({
  codecs: v.optional(
    key(v.pipe(v.array(v.picklist(['PCMA', 'PCMU'])), v.minLength(1)), {
      title: 'Codecs',
      description: 'The first is preferred.',
    }),
    ['PCMA', 'PCMU'],
  ),
  srtp: v.optional(
    key(v.picklist(['off', 'optional', 'required']), {
      title: 'Encrypted sound',
      description: 'SRTP (RFC 3711): never, where the peer takes it, or no call without it.',
    }),
    'optional',
  ),
  keying: v.optional(
    key(v.pipe(v.array(v.picklist(['sdes', 'dtls'])), v.minLength(1)), {
      title: 'How SRTP keys are agreed',
      description:
        'In the signalling (RFC 4568) or by a handshake beside the sound (RFC 5763). The first is offered, the next ' +
        'where that is refused; each is accepted.',
    }),
    ['sdes', 'dtls'],
  ),
  suites: v.optional(
    key(v.pipe(v.array(v.picklist(SUITES)), v.minLength(1)), {
      title: 'SRTP crypto suites',
      description:
        'For keys in the signalling. The first two are offered, in this order, so that an INVITE stays short; each is ' +
        'accepted.',
    }),
    [...SUITES],
  ),
  profile: v.optional(
    key(v.picklist(['avp', 'avpf']), {
      title: 'RTP profile of our offers',
      description: 'RFC 3551 or, for peers that insist on it, RFC 4585; either is accepted.',
    }),
    'avp',
  ),
  ports: v.optional(
    key(portRange, {
      title: 'RTP ports',
      description: 'A call takes an even port for RTP and the next for RTCP.',
      requiresRestart: true,
    }),
    '16384-16484',
  ),
  stun: v.optional(
    key(v.pipe(v.array(stunServer), v.maxLength(4)), {
      title: 'STUN servers',
      description:
        'For a door behind a NAT that calls through the Internet: up to four servers (`stun.example.com`, ' +
        '`192.0.2.7:3478`; without a port they are looked for by SRV) that say where the NAT shows its sound (RFC 8489). ' +
        'Phones with a public address are told of that place, those in the house of our own. With two of them a NAT that ' +
        'this cannot help with is noticed. None: it is off.',
      examples: [['stun.example.com']],
      requiresRestart: true,
    }),
    [],
  ),
  packetTime: v.optional(
    key(packetTime, { title: 'Packet time', description: 'Sound in one packet; a multiple of 10ms.' }),
    '20ms',
  ),
});

const audio = v.strictObject({
  device: v.optional(
    key(audioDevice, {
      title: 'Sound device',
      description:
        '`auto` (what the board or its add-ons have, else `alsa:default`), `alsa:NAME`, `alsa:card=CARD` (by its id, name or USB ' +
        'id, or a part of its name), `file` (WAV files in place of microphone and speaker) or `virtual` (silence).',
      requiresRestart: true,
    }),
    'auto',
  ),
  input: v.exactOptional(
    key(path, {
      title: 'What the microphone hears',
      description: 'Device `file`: a WAV file, paced in real time and looped. Left out: silence.',
      requiresRestart: true,
    }),
  ),
  output: v.exactOptional(
    key(path, {
      title: 'What the speaker plays',
      description: 'Device `file`: the WAV file that is written. Left out: nothing is.',
      requiresRestart: true,
    }),
  ),
  speaker: v.optional(key(percent, { title: 'Speaker volume', description: '0 is silent.' }), 80),
  microphone: v.optional(key(percent, { title: 'Microphone gain', description: '0 is silent.' }), 80),
  mixer: v.optional(
    key(mixerName, {
      title: 'Mixer',
      description:
        'Whose mixer sets the volumes: `auto`, that of the device’s card where it has one; the ALSA name of a card, `hw:NAME`; ' +
        '`off`: the card is left alone, and samples are scaled.',
      requiresRestart: true,
    }),
    'auto',
  ),
  controls: v.optional(
    key(
      v.strictObject({
        speaker: v.exactOptional(
          key(lineOfText(44), {
            title: 'Speaker’s control',
            description: 'As `amixer scontrols` names it.',
            examples: ['Headphone'],
            requiresRestart: true,
          }),
        ),
        microphone: v.exactOptional(
          key(lineOfText(44), {
            title: 'Microphone’s control',
            description: 'As `amixer scontrols` names it.',
            examples: ['Capture'],
            requiresRestart: true,
          }),
        ),
      }),
      {
        title: 'Controls of the card',
        description:
          'Which of the mixer’s controls are set. Left out: the board’s, else the usual names are looked for.',
      },
    ),
    {},
  ),
  echoCancellation: v.optional(
    key(v.boolean(), {
      title: 'Echo cancellation',
      description: 'Takes the speaker’s sound out of the microphone’s.',
    }),
    false,
  ),
});

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

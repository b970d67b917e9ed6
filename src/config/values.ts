// The kinds of value that a configuration holds, as schemas: each takes what YAML gave and yields what the program uses,
// or a complaint. No key is named here.

import * as v from 'valibot';
import type { Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import { type Complaint, complaint, encodeComplaint } from './complaint.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import {
  type AcceptedPlace,
  LISTEN_PATTERN,
  parseAcceptRule,
  parseAddressPort,
  parseListenAddress,
  parseStunServer,
} from './network.ts';
import { checkCallTarget, checkMqttUrl, parseSipUri, type SipUriParts } from './uri.ts';

/** What a reader of the reference, an editor and the reload of a service want to know of a key. */
export interface About {
  readonly title: string;
  readonly description: string;
  /** Of the value: `ms`, `percent`. */
  readonly unit?: string;
  /** A change is carried out at the next start only. */
  readonly requiresRestart?: boolean;
  readonly examples?: readonly unknown[];
}

/** Attaches what there is to know of a key to its schema. */
export function key<const S extends v.GenericSchema>(schema: S, about: About) {
  return v.pipe(schema, v.metadata({ ...about }));
}

/** A text that `read` turns into what it means. `pattern` is for editors. */
export function readText<T>(read: (text: string) => Result<T, Complaint>, pattern?: string) {
  return v.pipe(
    v.string(),
    v.metadata(pattern === undefined ? {} : { pattern }),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const result = read(dataset.value);
      if (result.ok) return result.value;
      addIssue({ message: encodeComplaint(result.error) });
      return NEVER;
    }),
  );
}

/** A text that must satisfy `check` and stays as it is. */
export function checkText(check: (text: string) => Complaint | undefined) {
  return v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const wrong = dataset.typed ? check(dataset.value) : undefined;
      if (wrong !== undefined) addIssue({ message: encodeComplaint(wrong) });
    }),
  );
}

/** A duration with its bounds, both allowed. */
export function duration(lowest: Millis, highest: Millis) {
  return v.pipe(
    readText(parseDuration, DURATION_PATTERN),
    v.metadata({ unit: 'duration', minimumDuration: formatDuration(lowest), maximumDuration: formatDuration(highest) }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const bounds = `write ${formatDuration(lowest)} to ${formatDuration(highest)}`;
      if (dataset.value < lowest) addIssue({ message: encodeComplaint(complaint('is too short', bounds)) });
      if (dataset.value > highest) addIssue({ message: encodeComplaint(complaint('is too long', bounds)) });
    }),
  );
}

/** A packet time: what RTP senders of G.711 use, in steps of 10 ms. */
export const packetTime = v.pipe(
  duration(millis(10), millis(60)),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && dataset.value % 10 !== 0) {
      addIssue({ message: encodeComplaint(complaint('is not a multiple of 10ms', 'write 20ms, the usual one')) });
    }
  }),
);

/** `off`, or a duration within its bounds. */
export function durationOrOff(lowest: Millis, highest: Millis) {
  return v.pipe(
    readText<Millis | 'off'>(
      (text) => (text === 'off' ? { ok: true, value: 'off' } : parseDuration(text)),
      `^off$|${DURATION_PATTERN}`,
    ),
    v.metadata({ unit: 'duration or off' }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || dataset.value === 'off' || (dataset.value >= lowest && dataset.value <= highest)) return;
      const mend = `write off, or ${formatDuration(lowest)} to ${formatDuration(highest)}`;
      addIssue({ message: encodeComplaint(complaint('is out of bounds', mend)) });
    }),
  );
}

const wholePercent = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 100;

/** A whole number of percent, 0 to 100. */
export const percent = v.pipe(
  v.number(),
  v.metadata({ unit: 'percent', minimum: 0, maximum: 100, multipleOf: 1 }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && !wholePercent(dataset.value)) {
      addIssue({ message: encodeComplaint(complaint('is not a percentage', 'write a whole number from 0 to 100')) });
    }
  }),
);

/** A whole number within its bounds, both allowed. */
export function count(lowest: number, highest: number) {
  return v.pipe(
    v.number(),
    v.metadata({ unit: 'number', minimum: lowest, maximum: highest, multipleOf: 1 }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (dataset.typed && !(Number.isInteger(dataset.value) && dataset.value >= lowest && dataset.value <= highest)) {
        const mend = `write a whole number from ${lowest} to ${highest}`;
        addIssue({ message: encodeComplaint(complaint('is out of bounds', mend)) });
      }
    }),
  );
}

/** Code of an option of DHCPv4 (RFC 2132 §2): 0 and 255 are none. */
export const dhcpOption = v.pipe(
  v.number(),
  v.metadata({ unit: 'number', minimum: 1, maximum: 254, multipleOf: 1 }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && !(Number.isInteger(dataset.value) && dataset.value >= 1 && dataset.value <= 254)) {
      addIssue({ message: encodeComplaint(complaint('is no DHCP option', 'write its number, from 1 to 254')) });
    }
  }),
);

/** From nothing, 0, to all, 1: as many digits behind the point as SIP writes (RFC 3261 §25.1, qvalue). */
export const share = v.pipe(
  v.number(),
  v.metadata({ unit: 'number', minimum: 0, maximum: 1 }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && !/^(?:0(?:\.[0-9]{1,3})?|1)$/.test(String(dataset.value))) {
      const mend = 'write a number from 0 to 1 with three decimals at most: 0.8';
      addIssue({ message: encodeComplaint(complaint('is not a preference', mend)) });
    }
  }),
);

/** A text of one line that says something, up to `longest` characters. */
export function lineOfText(longest = 256) {
  return checkText((text) => {
    if (text.trim() === '') return complaint('is empty', 'give it a value, or take the key out');
    if (/\p{Cc}/u.test(text)) return complaint('has a control character or a line break in it', 'write it on one line');
    return text.length > longest ? complaint(`is longer than ${longest} characters`, 'shorten it') : undefined;
  });
}

/** The path of a file; what is relative is relative to the configuration's folder. */
export const path = lineOfText(4096);

/** A SIP URI that must satisfy `rule`. @param example what a mend shows */
export function sipUri(example: string, rule: (uri: SipUriParts) => Complaint | undefined = () => undefined) {
  return checkText((text) => {
    const uri = parseSipUri(text, example);
    return uri.ok ? rule(uri.value) : uri.error;
  });
}

/** A SIP URI, or a telephone number. @param example what a mend shows */
export function callTarget(example: string) {
  return checkText((text) => checkCallTarget(text, example));
}

export const mqttUrl = readText(checkMqttUrl);
export const listenAddress = readText(parseListenAddress, LISTEN_PATTERN);
export const resolverAddress = readText((text) => parseAddressPort(text, { lowestPort: 1, example: '192.0.2.53:53' }));

export const stunServer = readText(parseStunServer);

/** `16384-16484`: pairs of ports for RTP (even) and RTCP (the next, RFC 3550 §11). */
export const portRange = readText<{ first: number; last: number }>((text) => {
  const mend = 'write 16384-16484';
  const [, from, to] = /^\s*([0-9]{1,9})\s*-\s*([0-9]{1,9})\s*$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return { ok: false, error: complaint('is not a range of ports', mend) };
  const [first, last] = [Number(from), Number(to)];
  const wrong =
    first < 1024 || last > 65_535
      ? complaint('is not within 1024 to 65535', mend)
      : last <= first
        ? complaint('ends before it holds two ports', mend)
        : first % 2 !== 0
          ? complaint('begins with an odd port; RTP takes the even one of a pair', `write ${first + 1}-${last}`)
          : undefined;
  return wrong === undefined ? { ok: true, value: { first, last } } : { ok: false, error: wrong };
}, '^[0-9]+-[0-9]+$');

export type AudioDeviceName =
  | { kind: 'auto' }
  | { kind: 'virtual' }
  | { kind: 'file' }
  | { kind: 'alsa'; name: string };

/** `auto`, `virtual`, `file` or `alsa:NAME`. */
export const audioDevice = readText<AudioDeviceName>((text) => {
  if (text === 'auto' || text === 'virtual' || text === 'file') return { ok: true, value: { kind: text } };
  // A card's name may have spaces in it.
  const [, name] = /^alsa:(card=[^\p{Cc}]{1,100}|[^\s\p{Cc}]{1,128})$/iu.exec(text) ?? [];
  return name === undefined
    ? { ok: false, error: complaint('is not a sound device', 'write virtual, file or alsa:default') }
    : { ok: true, value: { kind: 'alsa', name } };
}, '^(auto|virtual|file|alsa:(card=.+|\\S+))$');

/** `serial:/dev/ttyUSB0`: the path of a serial device. */
export const serialDevice = readText<string>((text) => {
  const [, path] = /^serial:(\/[^\p{Cc}]{1,255})$/u.exec(text) ?? [];
  if (path !== undefined) return { ok: true, value: path };
  const mend = text.startsWith('/') ? `write serial:${text}` : 'write serial:/dev/ttyUSB0';
  return { ok: false, error: complaint('is not a serial device', mend) };
}, '^serial:/.+$');

/** `auto`, `off` or the ALSA name of a card. */
export const mixerName = checkText((text) =>
  /^[^\s\p{Cc}]{1,128}$/u.test(text)
    ? undefined
    : complaint('is not the name of a mixer', 'write auto, off or hw:NAME'),
);

/** Where a secret is: in the file itself, in a file of its own, in the environment, or here for this device's key alone. */
export type SecretSource =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'sealed'; readonly text: string };

/** Stands for a secret until it has been read; prints as nothing. */
export class SecretReference {
  readonly #source: SecretSource;

  constructor(source: SecretSource) {
    this.#source = source;
  }

  source(): SecretSource {
    return this.#source;
  }
}

/** The keys of `{ file: PATH }`, `{ env: NAME }` and `{ age: TEXT }` are said once, here, for every secret. */
export const SECRET_FORMS = 'A text in quotes, `{ file: PATH }`, `{ env: NAME }` or, in a profile, `{ age: TEXT }`.';

/** A text, `{ file: PATH }`, `{ env: NAME }`, or `{ age: TEXT }`: encrypted to the device that reads it. */
export const secret = v.pipe(
  v.union(
    [
      v.string(),
      v.strictObject({ file: v.pipe(v.string(), v.minLength(1)) }),
      v.strictObject({ env: v.pipe(v.string(), v.minLength(1)) }),
      v.strictObject({ age: v.pipe(v.string(), v.minLength(1)) }),
    ],
    encodeComplaint(complaint('is not a text, { file: PATH } or { env: NAME }', 'put it in quotes')),
  ),
  v.transform((value) => {
    if (typeof value === 'string') return new SecretReference({ from: 'text', text: value });
    if ('file' in value) return new SecretReference({ from: 'file', path: value.file });
    return 'env' in value
      ? new SecretReference({ from: 'environment', name: value.env })
      : new SecretReference({ from: 'sealed', text: value.age });
  }),
);

/** Who may call in: a place as text, or a user with a password. */
export const acceptRule = v.pipe(
  v.union([
    readText<AcceptedPlace>(parseAcceptRule),
    v.pipe(
      v.strictObject({ username: lineOfText(), password: secret }),
      v.transform((credentials) => ({ kind: 'credentials' as const, ...credentials })),
    ),
  ]),
  v.metadata({ unit: 'who may call' }),
);

/** The MQTT topic that ours begin with (MQTT 5 §4.7: no wildcard, no NUL; a leading slash makes an empty level). */
export const topicPrefix = checkText((text) => {
  if (text === '') return complaint('is empty', 'write doorphone/front-door, or take the key out');
  if (/[+#\p{Cc}]/u.test(text)) return complaint('has a wildcard or control character in it', 'leave + and # out');
  if (text.startsWith('/') || text.endsWith('/')) return complaint('begins or ends with a slash', 'take the slash off');
  if (text.startsWith('$')) return complaint('begins with $, which belongs to the broker', 'begin with a letter');
  return text.length > 200 ? complaint('is longer than 200 characters', 'shorten it') : undefined;
});

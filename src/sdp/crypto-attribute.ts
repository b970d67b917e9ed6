// a=crypto: SRTP keys in the description (RFC 4568 §4, §6, §9). We offer and answer one key a line; the peer may have several,
// of which each of its packets names one (MKI). Lines with session parameters that change what a packet looks like otherwise
// are passed over.

import { err, ok, type Result } from '../base/result.ts';
import { Secret } from '../base/secret.ts';
import { type CryptoSuite, masterOctets, suiteNamed } from './crypto-suite.ts';
import type { Attribute } from './types.ts';

/** A line of ours, or one of the peer's that can be used. */
export interface CryptoLine {
  /** 1 to 9 digits (§4.1). */
  readonly tag: number;
  readonly suite: CryptoSuite;
  /** Base64 of master key and salt (§6.1); of several keys the first. */
  readonly key: Secret;
  /** All keys of the line, where packets name them (RFC 3711 §3.1). Absent: they do not, and there is one. */
  readonly named?: readonly NamedKey[];
  /** How many RTP packets, and RTCP packets, the one key may protect (§6.1). Absent: as many as the suite allows. */
  readonly lifetime?: number;
  /** The suite's name as the peer writes it: an answer repeats it (§5.1.2). Absent: the suite's own. */
  readonly name?: string;
}

/** A master key, and its identifier as packets carry it. */
export interface NamedKey {
  readonly mki: Uint8Array;
  readonly key: Secret;
  /** As above. */
  readonly lifetime?: number;
}

type ReadKey = Pick<CryptoLine, 'key' | 'lifetime'> & Partial<Pick<NamedKey, 'mki'>>;

/** The keys that the engine takes of one line. */
const KEYS_MOST = 4;

/** §6.1: padding is discarded, so that it may be missing. */
const BASE64 = /^([A-Za-z0-9+/]+)={0,2}$/;

/** RFC 3711 §9.2, RFC 7714 §10: 2^48 packets at most, with every suite. */
const LIFETIME_POWER_MOST = 48;

/** §6.1: not zero, no leading zero, within what the suite allows; 2^0 packets is one. */
function readLifetime(text: string): number | undefined {
  const [, power, digits] = /^(2\^)?(0|[1-9]\d{0,14})$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const packets = power === undefined ? Number(digits) : 2 ** Number(digits);
  return packets > 0 && packets <= 2 ** LIFETIME_POWER_MOST ? packets : undefined;
}

/** §6.1: of another length than the suite's, a key makes its line invalid. */
function isMaster(key: string, suite: CryptoSuite): boolean {
  const [, digits = ''] = BASE64.exec(key) ?? [];
  return digits.length === Math.ceil((masterOctets(suite) * 4) / 3);
}

/** Writes a line of ours: one key, which our packets do not name. */
export function cryptoAttribute({ tag, suite, key, name = suite }: CryptoLine): Attribute {
  return { name: 'crypto', value: `${tag} ${name} inline:${key.reveal()}` };
}

/** Why a line cannot be used, in words that follow "has"; without any key. */
type Fault = string;

const UNKNOWN_SUITE: Fault = 'a suite that is not known here';
const NO_KEY: Fault = 'no inline key as long as its suite wants it';

/**
 * Reads a line, if it can be used: a suite of ours, inline keys, no session parameter that changes anything. A line whose
 * mandatory parameters are not known is not for us (§6.3.7).
 */
export function readCryptoAttribute(value: string): Result<CryptoLine, Fault> {
  const [tag = '', name = '', parameter = '', ...parameters] = value.trim().split(/[ \t]+/);
  const suite = suiteNamed(name);
  if (suite === undefined) return err(UNKNOWN_SUITE);
  if (!/^\d{1,9}$/.test(tag)) return err('a tag that is no number');
  if (!parameters.every(isHarmless)) return err('a session parameter that must be understood');
  const keys = readKeys(parameter, suite);
  return keys.ok ? ok({ tag: Number(tag), suite, ...keys.value, name }) : keys;
}

/** §9.1: keys are parted by semicolons. §6.1: more than one must be named, by names and keys of their own. */
function readKeys(
  parameter: string,
  suite: CryptoSuite,
): Result<Pick<CryptoLine, 'key' | 'lifetime' | 'named'>, Fault> {
  const texts = parameter.split(';');
  if (texts.length > KEYS_MOST) return err(`more than ${KEYS_MOST} keys`);
  const keys: ReadKey[] = [];
  for (const text of texts) {
    const read = readKey(text, suite);
    if (!read.ok) return read;
    keys.push(read.value);
  }
  const [first] = keys;
  if (first === undefined) return err(NO_KEY);
  if (keys.length === 1 && first.mki === undefined) return ok(first);
  const named = keys.flatMap(({ mki, ...key }) => (mki === undefined ? [] : [{ mki, ...key }]));
  const names = new Set(named.map(({ mki }) => Buffer.from(mki).toString('hex')));
  const lengths = new Set(named.map(({ mki }) => mki.length));
  const masters = new Set(keys.map(({ key }) => bare(key)));
  const fit = [named.length, names.size, masters.size].every((count) => count === keys.length) && lengths.size === 1;
  return fit ? ok({ key: first.key, named }) : err('several keys that packets do not tell apart');
}

/** §9.2: `inline:` key and salt, then a lifetime, then an MKI with a colon inside; each of the two may be missing. */
function readKey(text: string, suite: CryptoSuite): Result<ReadKey, Fault> {
  const [, key = '', life, name] = /^inline:([^|]*)(?:\|([^|:]*))?(?:\|([^|]*:[^|]*))?$/i.exec(text) ?? [];
  if (!isMaster(key, suite)) return err(NO_KEY);
  const lifetime = life === undefined ? undefined : readLifetime(life);
  if (life !== undefined && lifetime === undefined) return err(lifetimeFault(life));
  const mki = name === undefined ? undefined : readMki(name);
  if (name !== undefined && mki === undefined) return err('an identifier of its key (MKI) that is none');
  return ok({ key: new Secret(key), ...(lifetime && { lifetime }), ...(mki && { mki }) });
}

/** What stands in the place of a lifetime is repeated only where it cannot be anything else. */
function lifetimeFault(text: string): Fault {
  const what = /^[\d^]{1,20}$/.test(text) ? `a lifetime of ${text} packets` : 'a lifetime that is no number';
  return `${what}, where 1 to 2^${LIFETIME_POWER_MOST} may be`;
}

/** §6.1: a positive number without leading zeros, big-endian in so many bytes, 128 at most. */
function readMki(text: string): Uint8Array | undefined {
  const [, value, length] = /^([1-9]\d{0,308}):([1-9]\d{0,2})$/.exec(text) ?? [];
  if (value === undefined || Number(length) > 128) return undefined;
  const digits = BigInt(value).toString(16);
  return digits.length > 2 * Number(length) ? undefined : Buffer.from(digits.padStart(2 * Number(length), '0'), 'hex');
}

/**
 * WSH is a hint on the replay window (§6.3.6); FEC_SRTP is what holds without it (§6.3.4), and there is no FEC here; a
 * leading `-` marks what may be passed over (§6.3.7).
 */
const isHarmless = (parameter: string): boolean => /^(-|WSH=\d+$|FEC_ORDER=FEC_SRTP$)/.test(parameter);

/** Every line of a medium, as far as it can be used, in the order of the description. */
function readLines(attributes: readonly Attribute[]): Result<CryptoLine, Fault>[] {
  return attributes.flatMap(({ name, value }) =>
    name === 'crypto' && value !== undefined ? [readCryptoAttribute(value)] : [],
  );
}

/** Those that can be used, in the order of the description. */
export function usableCryptoLines(attributes: readonly Attribute[]): CryptoLine[] {
  return readLines(attributes).flatMap((line) => (line.ok ? [line.value] : []));
}

/** A sentence that says that no line serves, with what is wrong with the first one of a suite of ours, if something is. */
export function withCryptoFault(sentence: string, attributes: readonly Attribute[]): string {
  const faults = readLines(attributes).flatMap((line) => (line.ok ? [] : [line.error]));
  const fault = faults.find((each) => each !== UNKNOWN_SUITE) ?? faults[0];
  return fault === undefined ? sentence : `${sentence}: a crypto line has ${fault}`;
}

/** However it is padded. */
const bare = (key: Secret): string => key.reveal().replace(/=+$/, '');

const keysOf = ({ key, named }: CryptoLine): string[] => (named ?? [{ key }]).map((each) => bare(each.key));

/** Whether two lines have a key in common: then it must not be used in both directions. */
export function sharesKey(left: CryptoLine, right: CryptoLine): boolean {
  const others = keysOf(right);
  return keysOf(left).some((key) => others.includes(key));
}

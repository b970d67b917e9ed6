// a=crypto: SRTP keys in the description (RFC 4568 §4, §6, §9). We offer and answer one key a line; the peer may have several,
// of which each of its packets names one (MKI). Lines with session parameters that change what a packet looks like otherwise
// are passed over.

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
  /** The suite's name as the peer writes it: an answer repeats it (§5.1.2). Absent: the suite's own. */
  readonly name?: string;
}

/** A master key, and its identifier as packets carry it. */
export interface NamedKey {
  readonly mki: Uint8Array;
  readonly key: Secret;
}

/** The keys that the engine takes of one line. */
const KEYS_MOST = 4;

/** §6.1: padding is discarded, so that it may be missing. */
const BASE64 = /^([A-Za-z0-9+/]+)={0,2}$/;

/** §6.1: not zero, no leading zero, at most 2^48 packets (RFC 3711 §9.2, RFC 7714 §10). */
function isLifetime(text: string): boolean {
  const [, power, digits] = /^(2\^)?([1-9]\d{0,14})$/.exec(text) ?? [];
  if (digits === undefined) return false;
  return power === undefined ? Number(digits) <= 2 ** 48 : Number(digits) <= 48;
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

/**
 * Reads a line, if it can be used: a suite of ours, inline keys, no session parameter that changes anything. A lifetime is
 * read and left to the peer, who re-keys before it is over. A line whose mandatory parameters are not known is not for us
 * (§6.3.7).
 */
export function readCryptoAttribute(value: string): CryptoLine | undefined {
  const [tag = '', name = '', parameter = '', ...parameters] = value.trim().split(/[ \t]+/);
  const suite = suiteNamed(name);
  if (!/^\d{1,9}$/.test(tag) || suite === undefined || !parameters.every(isHarmless)) return undefined;
  const keys = readKeys(parameter, suite);
  return keys && { tag: Number(tag), suite, ...keys, name };
}

/** §9.1: keys are parted by semicolons. §6.1: more than one must be named, by names and keys of their own. */
function readKeys(parameter: string, suite: CryptoSuite): Pick<CryptoLine, 'key' | 'named'> | undefined {
  const texts = parameter.split(';');
  const keys = texts.slice(0, KEYS_MOST).flatMap((text) => readKey(text, suite) ?? []);
  const [first] = keys;
  if (first === undefined || keys.length < texts.length) return undefined;
  const named = keys.flatMap(({ key, mki }) => (mki === undefined ? [] : [{ key, mki }]));
  if (named.length === 0 && keys.length === 1) return { key: first.key };
  const names = new Set(named.map(({ mki }) => Buffer.from(mki).toString('hex')));
  const lengths = new Set(named.map(({ mki }) => mki.length));
  const masters = new Set(keys.map(({ key }) => bare(key)));
  const fit = [named.length, names.size, masters.size].every((count) => count === keys.length) && lengths.size === 1;
  return fit ? { key: first.key, named } : undefined;
}

/** §9.2: `inline:` key and salt, then a lifetime, then an MKI with a colon inside; each of the two may be missing. */
function readKey(text: string, suite: CryptoSuite): { readonly key: Secret; readonly mki?: Uint8Array } | undefined {
  const [, key = '', lifetime, name] = /^inline:([^|]*)(?:\|([^|:]*))?(?:\|([^|]*:[^|]*))?$/i.exec(text) ?? [];
  if (!isMaster(key, suite) || (lifetime !== undefined && !isLifetime(lifetime))) return undefined;
  if (name === undefined) return { key: new Secret(key) };
  const mki = readMki(name);
  return mki && { key: new Secret(key), mki };
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

/** Every line of a medium that can be used, in the order of the description. */
export function usableCryptoLines(attributes: readonly Attribute[]): CryptoLine[] {
  return attributes.flatMap(({ name, value }) => {
    const line = name === 'crypto' && value !== undefined ? readCryptoAttribute(value) : undefined;
    return line === undefined ? [] : [line];
  });
}

/** However it is padded. */
const bare = (key: Secret): string => key.reveal().replace(/=+$/, '');

const keysOf = ({ key, named }: CryptoLine): string[] => (named ?? [{ key }]).map((each) => bare(each.key));

/** Whether two lines have a key in common: then it must not be used in both directions. */
export function sharesKey(left: CryptoLine, right: CryptoLine): boolean {
  const others = keysOf(right);
  return keysOf(left).some((key) => others.includes(key));
}

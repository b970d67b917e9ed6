// a=crypto: SRTP keys in the description (RFC 4568 §4, §6, §9). One key a line, no session parameters that change what a
// packet looks like: that is what the engine speaks. Lines that ask for more are passed over.

import { Secret } from '../base/secret.ts';
import { type CryptoSuite, masterOctets, suiteNamed } from './crypto-suite.ts';
import type { Attribute } from './types.ts';

/** A line of ours, or one of the peer's that can be used. */
export interface CryptoLine {
  /** 1 to 9 digits (§4.1). */
  readonly tag: number;
  readonly suite: CryptoSuite;
  /** Base64 of master key and salt (§6.1). */
  readonly key: Secret;
  /** The suite's name as the peer writes it: an answer repeats it (§5.1.2). Absent: the suite's own. */
  readonly name?: string;
}

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

/** Writes a line. */
export function cryptoAttribute({ tag, suite, key, name = suite }: CryptoLine): Attribute {
  return { name: 'crypto', value: `${tag} ${name} inline:${key.reveal()}` };
}

/**
 * Reads a line, if it can be used as it is: a suite of ours, one inline key without MKI, no session parameter but hints.
 * A lifetime is read and left to the peer, who re-keys before it is over. An MKI would lengthen every packet (RFC 3711
 * §3.1), so that a line with one is not for us; neither is one whose mandatory parameters are not known (§6.3.8).
 */
export function readCryptoAttribute(value: string): CryptoLine | undefined {
  const [tag = '', name = '', keys = '', ...parameters] = value.trim().split(/[ \t]+/);
  const suite = suiteNamed(name);
  if (!/^\d{1,9}$/.test(tag) || suite === undefined) return undefined;
  const [, key = '', lifetime, ...rest] = /^inline:([^|;]*)(?:\|([^|;]*))?(\|.*|;.*)?$/i.exec(keys) ?? [];
  if (!isMaster(key, suite) || rest.some((part) => part !== undefined)) return undefined;
  if (lifetime !== undefined && !isLifetime(lifetime)) return undefined;
  if (!parameters.every(isHint)) return undefined;
  return { tag: Number(tag), suite, key: new Secret(key), name };
}

/** WSH is a hint on the replay window (§6.3.7); a leading `-` marks what may be passed over (§6.3.8). */
const isHint = (parameter: string): boolean => /^(-|WSH=\d+$)/.test(parameter);

/** Every line of a medium that can be used, in the order of the description. */
export function usableCryptoLines(attributes: readonly Attribute[]): CryptoLine[] {
  return attributes.flatMap(({ name, value }) => {
    const line = name === 'crypto' && value !== undefined ? readCryptoAttribute(value) : undefined;
    return line === undefined ? [] : [line];
  });
}

/** Whether two lines carry one key, however it is padded: then it must not be used in both directions. */
export function isSameKey(left: CryptoLine, right: CryptoLine): boolean {
  const bare = ({ key }: CryptoLine): string => key.reveal().replace(/=+$/, '');
  return bare(left) === bare(right);
}

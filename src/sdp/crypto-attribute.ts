// a=crypto: SRTP keys in the description (RFC 4568 §4, §6, §9). One suite, one key, no session parameters that change
// what a packet looks like: that is what the engine speaks. Lines that ask for more are passed over.

import { Secret } from '../base/secret.ts';
import type { Attribute } from './types.ts';

export type CryptoSuite = 'AES_CM_128_HMAC_SHA1_80';

/** A line of ours, or one of the peer's that can be used. */
export interface CryptoLine {
  /** 1 to 9 digits (§4.1). */
  readonly tag: number;
  readonly suite: CryptoSuite;
  /** Base64 of master key and salt, 30 octets (§6.2). */
  readonly key: Secret;
}

/** Compared without case (§4). */
const SUITE: CryptoSuite = 'AES_CM_128_HMAC_SHA1_80';

/** 30 octets make 40 characters, without padding. */
const KEY_AND_SALT = /^[A-Za-z0-9+/]{40}$/;

/** §6.1: not zero, no leading zero, at most 2^48 packets (RFC 3711 §9.2). */
function isLifetime(text: string): boolean {
  const [, power, digits] = /^(2\^)?([1-9]\d{0,14})$/.exec(text) ?? [];
  if (digits === undefined) return false;
  return power === undefined ? Number(digits) <= 2 ** 48 : Number(digits) <= 48;
}

/** Writes our line. */
export function cryptoAttribute(line: CryptoLine): Attribute {
  return { name: 'crypto', value: `${line.tag} ${line.suite} inline:${line.key.reveal()}` };
}

/**
 * Reads a line, if it can be used as it is: this suite, one inline key without MKI, no session parameter but hints.
 * A lifetime is read and left to the peer, who re-keys before it is over. An MKI would lengthen every packet (RFC 3711
 * §3.1), so that a line with one is not for us; neither is one whose mandatory parameters are not known (§6.3.8).
 */
export function readCryptoAttribute(value: string): CryptoLine | undefined {
  const [tag = '', suite = '', keys = '', ...parameters] = value.trim().split(/[ \t]+/);
  if (!/^\d{1,9}$/.test(tag) || suite.toUpperCase() !== SUITE) return undefined;
  const [, key = '', lifetime, ...rest] = /^inline:([^|;]*)(?:\|([^|;]*))?(\|.*|;.*)?$/i.exec(keys) ?? [];
  if (!KEY_AND_SALT.test(key) || rest.some((part) => part !== undefined)) return undefined;
  if (lifetime !== undefined && !isLifetime(lifetime)) return undefined;
  if (!parameters.every(isHint)) return undefined;
  return { tag: Number(tag), suite: SUITE, key: new Secret(key) };
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

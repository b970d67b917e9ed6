// The user's name as credentials carry it: plain, hashed (RFC 7616 §3.4.4), or in the extended notation (§3.4, §4).

import { Secret } from '../../base/secret.ts';
import type { DigestAlgorithm } from './algorithms.ts';

/** What a challenge says of names. */
export interface NameRules {
  readonly realm: string;
  readonly algorithm: DigestAlgorithm;
  readonly unicode: boolean;
  readonly userhash: boolean;
}

/** A name and a password as they are hashed where the server says UTF-8 (RFC 7616 §4). */
export function normalize<T extends { readonly username: string; readonly password: Secret }>(credentials: T): T {
  const { username, password } = credentials;
  const composed = password.reveal().normalize('NFC');
  return { ...credentials, username: username.normalize('NFC'), password: new Secret(composed) };
}

/** What a server that knows a user looks for where the name is hashed (RFC 7616 §3.4.4). */
export function hashName(username: string, realm: string, algorithm: DigestAlgorithm): string {
  return algorithm.hash(`${username}:${realm}`);
}

/**
 * The parameters that tell who is there. A SIP quoted string takes any UTF-8 (RFC 3261 §25.1), so that the extended
 * notation is for those alone who announce the RFC that has it.
 */
export function nameParameters(
  username: string,
  { realm, algorithm, unicode, userhash }: NameRules,
): readonly (readonly [name: string, value: string])[] {
  if (userhash) return [['username', hashName(username, realm, algorithm)]];
  const needsNotation = unicode && /[^\x20-\x7e]/.test(username);
  return [needsNotation ? ['username*', formatExtended(username)] : ['username', username]];
}

/** RFC 5987 §3.2.1, of its characters those that RFC 3261 §25.1 has in a token too. */
function formatExtended(text: string): string {
  const percent = (octet: number): string => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  const octets = [...Buffer.from(text, 'utf8')].map((octet) => {
    const character = String.fromCharCode(octet);
    return /[A-Za-z0-9\-.!_+`~]/.test(character) ? character : percent(octet);
  });
  return `UTF-8''${octets.join('')}`;
}

/** Reads the extended notation; undefined for what is none, or is no UTF-8. */
export function readExtended(value: string): string | undefined {
  const [, encoded] = /^utf-8'[A-Za-z0-9-]*'([A-Za-z0-9\-.!_+`~#$&^|%]*)$/i.exec(value) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

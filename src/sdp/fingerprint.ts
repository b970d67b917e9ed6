// a=fingerprint: the hash of a certificate, by which its owner is known in DTLS (RFC 8122 §5).

import type { Attribute, MediaDescription, SessionDescription } from './types.ts';

/** Those that are trusted here; weaker ones are passed over (§5: MD2 and MD5 must be, SHA-1 has had its day). */
export type FingerprintHash = 'sha-256' | 'sha-384' | 'sha-512';

export interface Fingerprint {
  readonly hash: FingerprintHash;
  readonly value: Uint8Array;
}

const OCTETS: Readonly<Record<FingerprintHash, number>> = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 };

/** More than that many are for nobody: a description with hundreds costs no more than one with these. */
const MOST = 4;

const isHash = (name: string): name is FingerprintHash => name in OCTETS;

/** Writes ours: upper-case hexadecimal (§5, figure 2). */
export function fingerprintAttribute({ hash, value }: Fingerprint): Attribute {
  return { name: 'fingerprint', value: `${hash} ${formatFingerprint(value)}` };
}

/** `AB:CD:…` */
export function formatFingerprint(value: Uint8Array): string {
  return Array.from(value, (octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

/** Reads a value; undefined: malformed, or a hash that is not trusted. Names are compared without case. */
export function readFingerprint(value: string): Fingerprint | undefined {
  const [, name = '', digits = ''] = /^[ \t]*(\S+)[ \t]+([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)[ \t]*$/.exec(value) ?? [];
  const hash = name.toLowerCase();
  if (!isHash(hash)) return undefined;
  const octets = Buffer.from(digits.replaceAll(':', ''), 'hex');
  return octets.length === OCTETS[hash] ? { hash, value: new Uint8Array(octets) } : undefined;
}

/** Those of a line; the session's, where the line has none (§5). Malformed ones and those of weak hashes are left out. */
export function fingerprintsOf(session: SessionDescription, line: MediaDescription): readonly Fingerprint[] {
  const own = ([line.attributes, session.attributes] as const).find(hasFingerprint) ?? [];
  return own
    .flatMap(({ name, value }) => (name === 'fingerprint' && value !== undefined ? (readFingerprint(value) ?? []) : []))
    .slice(0, MOST);
}

/** Whether anything is said of certificates. */
export const hasFingerprint = (attributes: readonly Attribute[]): boolean =>
  attributes.some(({ name }) => name === 'fingerprint');

/** Whether two sets are the same (RFC 8842 §3.1); the order says nothing. */
export function sameFingerprints(left: readonly Fingerprint[], right: readonly Fingerprint[]): boolean {
  const key = ({ hash, value }: Fingerprint): string => `${hash} ${formatFingerprint(value)}`;
  const keys = new Set(right.map(key));
  return left.length === right.length && left.every((fingerprint) => keys.has(key(fingerprint)));
}

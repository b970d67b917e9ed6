// X.509 certificates for tests, made at test time: authorities, servers, and all that can be wrong with them.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface CertificateParts {
  readonly commonName?: string;
  /** `DNS:a.example`, `URI:sip:a.example`, `IP:192.0.2.1`; none: the extension is left out. */
  readonly names?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
  /** Who signs; left out: it signs itself. */
  readonly issuer?: MadeCertificate;
  readonly authority?: boolean;
  /** Object identifiers of the extended key usage. */
  readonly usages?: readonly string[];
}

export interface MadeCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  readonly commonName: string;
  readonly privateKey: KeyObject;
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const DAY = 86_400_000;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const ALTERNATIVE_NAME = '2.5.29.17';
const EXTENDED_KEY_USAGE = '2.5.29.37';

/** Makes a key and its certificate. */
export function makeCertificate(parts: CertificateParts = {}): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { commonName = 'test', issuer } = parts;
  const signedPart = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    sequence(objectIdentifier(ECDSA_WITH_SHA256)),
    distinguishedName(issuer?.commonName ?? commonName),
    sequence(time(parts.from ?? new Date(Date.now() - DAY)), time(parts.until ?? new Date(Date.now() + DAY))),
    distinguishedName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(parts, publicKey))),
  );
  const signature = sign('sha256', signedPart, issuer?.privateKey ?? privateKey);
  const whole = sequence(signedPart, sequence(objectIdentifier(ECDSA_WITH_SHA256)), bitString(signature));
  const base64 = whole.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    commonName,
    privateKey,
  };
}

function extensions({ names = [], authority = false, usages = [] }: CertificateParts, key: KeyObject): Buffer[] {
  const identifier = createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  return [
    extension(BASIC_CONSTRAINTS, sequence(...(authority ? [element(0x01, Buffer.of(0xff))] : []))),
    extension('2.5.29.14', element(0x04, identifier)),
    ...(names.length === 0 ? [] : [extension(ALTERNATIVE_NAME, sequence(...names.map(generalName)))]),
    ...(usages.length === 0 ? [] : [extension(EXTENDED_KEY_USAGE, sequence(...usages.map(objectIdentifier)))]),
  ];
}

/** RFC 5280 §4.2.1.6. */
function generalName(name: string): Buffer {
  const colon = name.indexOf(':');
  const value = name.slice(colon + 1);
  switch (name.slice(0, colon)) {
    case 'DNS':
      return element(0x82, Buffer.from(value));
    case 'URI':
      return element(0x86, Buffer.from(value));
    case 'IP':
      return element(0x87, addressOctets(value));
    default:
      throw new Error(`no general name: ${name}`);
  }
}

function addressOctets(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const extension = (identifier: string, value: Buffer): Buffer =>
  sequence(objectIdentifier(identifier), element(0x04, value));
const distinguishedName = (commonName: string): Buffer =>
  sequence(element(0x31, sequence(objectIdentifier(COMMON_NAME), element(0x0c, Buffer.from(commonName)))));
const sequence = (...inside: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(inside));
const tagged = (tag: number, inside: Buffer): Buffer => element(tag, inside);
const integer = (bytes: Buffer): Buffer => element(0x02, bytes);
const bitString = (bytes: Buffer): Buffer => element(0x03, Buffer.concat([Buffer.of(0), bytes]));
/** GeneralizedTime: any year. */
const time = (date: Date): Buffer =>
  element(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));
}

function base128(value: number): number[] {
  const octets = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) octets.unshift((rest & 0x7f) | 0x80);
  return octets;
}

/** Tag, length, value (X.690 §8.1). */
function element(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const long = length > 0xff ? [0x82, length >> 8, length & 0xff] : [0x81, length];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), value]);
}

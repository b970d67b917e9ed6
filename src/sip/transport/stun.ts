// STUN Binding as far as SIP ports need it: RFC 5626 §8, RFC 8489 §5, §6, §14. Pure: bytes to a message and back.
// Left out: authentication, and everything that is not Binding.

import { SocketAddress } from 'node:net';
import { addressOctets } from '../message/index.ts';
import type { Place } from './network.ts';

export interface StunMessage {
  readonly kind: 'request' | 'indication' | 'success' | 'error';
  /** Twelve octets. */
  readonly transactionId: Buffer;
  /** XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS. */
  readonly mapped: Place | undefined;
  /** Attributes that must be understood, and are not (RFC 8489 §14). */
  readonly unknown: readonly number[];
}

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112_a442;
const TRANSACTION_ID_BYTES = 12;
/** More than any Binding has. */
const MAXIMUM_BYTES = 1280;

const BINDING = 0x001;
const KINDS = ['request', 'indication', 'success', 'error'] as const;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
/** RFC 8489 §18.3: USERNAME, the integrity attributes, REALM, NONCE and their like: known, and of no use here. */
const IGNORED = new Set([0x0006, 0x0008, ERROR_CODE, UNKNOWN_ATTRIBUTES, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);
/** From here on an attribute may be passed over (§14). */
const OPTIONAL = 0x8000;

const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
const FINGERPRINT_XOR = 0x5354_554e;

/** Whether a datagram is STUN: the first octet of a SIP message is never 0 or 1 (RFC 5626 §8). */
export function isStun(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && (bytes[0] ?? 0xff) <= 1 && bytes.readUInt32BE(4) === MAGIC_COOKIE;
}

/** Reads a Binding message; undefined when it is malformed, or of another method (RFC 8489 §6.3). */
export function parseStun(bytes: Buffer): StunMessage | undefined {
  if (!isStun(bytes) || bytes.length > MAXIMUM_BYTES) return undefined;
  const type = bytes.readUInt16BE(0);
  // §5: the two bits of the class stand among those of the method.
  const kind = KINDS[((type >> 7) & 2) | ((type >> 4) & 1)];
  const length = bytes.readUInt16BE(2);
  if ((type & 0xfeef) !== BINDING || kind === undefined) return undefined;
  if (length % 4 !== 0 || length !== bytes.length - HEADER_BYTES) return undefined;
  const attributes = readAttributes(bytes);
  if (attributes === undefined) return undefined;
  const transactionId = Buffer.from(bytes.subarray(8, HEADER_BYTES));
  const xored = attributes.get(XOR_MAPPED_ADDRESS);
  const plain = attributes.get(MAPPED_ADDRESS);
  const mapped = xored === undefined ? readAddress(plain) : readAddress(unmask(xored, bytes));
  const known = (attribute: number): boolean =>
    attribute >= OPTIONAL || attribute === MAPPED_ADDRESS || attribute === XOR_MAPPED_ADDRESS || IGNORED.has(attribute);
  return { kind, transactionId, mapped, unknown: [...attributes.keys()].filter((attribute) => !known(attribute)) };
}

/** A Binding request: it needs no attributes (RFC 5626 §8). */
export function bindingRequest(transactionId: Buffer): Buffer {
  return message('request', transactionId, []);
}

/** The answer, with where the request came from (RFC 8489 §6.3.1.1). */
export function bindingResponse({ transactionId, unknown }: StunMessage, source: Place): Buffer | undefined {
  if (unknown.length > 0) return unknownAttributes(transactionId, unknown);
  const address = addressOctets(source.address.split('%')[0] ?? '');
  if (address === undefined) return undefined;
  const family = address.length === 4 ? FAMILY_IPV4 : FAMILY_IPV6;
  const value = Buffer.concat([Buffer.of(0, family, source.port >> 8, source.port & 0xff), address]);
  const header = message('success', transactionId, []);
  return message('success', transactionId, [[XOR_MAPPED_ADDRESS, unmask(value, header)]]);
}

/** §6.3.1: 420, with the first of the attributes that are not understood. No phrase: the answer is to be small. */
function unknownAttributes(transactionId: Buffer, unknown: readonly number[]): Buffer {
  const error = Buffer.of(0, 0, 4, 20);
  const list = Buffer.from(unknown.slice(0, 4).flatMap((attribute) => [attribute >> 8, attribute & 0xff]));
  return message('error', transactionId, [
    [ERROR_CODE, error],
    [UNKNOWN_ATTRIBUTES, list],
  ]);
}

/** The first of each type; undefined when their lengths do not add up, or the fingerprint is wrong. */
function readAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> | undefined {
  const attributes = new Map<number, Buffer>();
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const type = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) return undefined;
    if (type === FINGERPRINT && !fingerprintFits(bytes, at, end)) return undefined;
    if (!attributes.has(type)) attributes.set(type, bytes.subarray(at + 4, end));
    // Each begins at a multiple of four octets (§14).
    at = Math.ceil(end / 4) * 4;
  }
  return attributes;
}

/** §14.7: the last attribute, a CRC-32 of all before it. */
function fingerprintFits(bytes: Buffer, at: number, end: number): boolean {
  if (end !== bytes.length || end - at !== 8) return false;
  return bytes.readUInt32BE(at + 4) === (crc32(bytes.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0;
}

function readAddress(value: Buffer | undefined): Place | undefined {
  if (value === undefined || value.length < 4) return undefined;
  const family = value[1];
  const port = value.readUInt16BE(2);
  const octets = value.subarray(4);
  if (family === FAMILY_IPV4 && octets.length === 4) return { address: [...octets].join('.'), port };
  if (family !== FAMILY_IPV6 || octets.length !== 16) return undefined;
  const groups = octets.toString('hex').match(/.{4}/g) ?? [];
  return { address: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address, port };
}

/** §14.2: the port and the address are XORed with the cookie, and beyond it with the transaction id. */
function unmask(value: Buffer, header: Buffer): Buffer {
  const mask = header.subarray(4, HEADER_BYTES);
  return Buffer.from(
    value.map((octet, at) => {
      if (at < 2) return octet;
      return octet ^ (mask[at < 4 ? at - 2 : at - 4] ?? 0);
    }),
  );
}

function message(
  kind: StunMessage['kind'],
  transactionId: Buffer,
  attributes: readonly (readonly [type: number, value: Buffer])[],
): Buffer {
  const written = attributes.map(([type, value]) => {
    const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
    bytes.writeUInt16BE(type, 0);
    bytes.writeUInt16BE(value.length, 2);
    value.copy(bytes, 4);
    return bytes;
  });
  const body = Buffer.concat(written);
  const header = Buffer.alloc(8);
  const index = KINDS.indexOf(kind);
  header.writeUInt16BE(BINDING | ((index & 2) << 7) | ((index & 1) << 4), 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([header, transactionId.subarray(0, TRANSACTION_ID_BYTES), body]);
}

/** The CRC of ITU-T V.42. */
function crc32(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const octet of bytes) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

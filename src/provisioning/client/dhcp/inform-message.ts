// DHCPINFORM (RFC 2131 §4.4.3): a machine that has its address already asks what else the network would tell it. The bytes
// alone; who sends them is inform.ts.

import { COOKIE, readMessage4 } from './lease-formats.ts';

/** What a question holds. */
export interface InformQuestion {
  /** By which its answer is known: 32 bits of chance. */
  readonly xid: number;
  /** Twelve hexadecimal digits. */
  readonly mac: string;
  /** Our own. */
  readonly address: string;
  /**
   * Whether it goes as by a relay agent at our address: the answer comes to port 67 then (§4.1). Some clients hold port 68 so
   * that nobody else hears anything there.
   */
  readonly relayed: boolean;
  /** Codes of the options that are wanted. */
  readonly wanted: readonly number[];
}

const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const ETHERNET = 1;
const MESSAGE_TYPE = 53;
const PARAMETER_REQUEST_LIST = 55;
const END = 255;
/** RFC 2132 §9.6. */
const DHCPACK = 5;
const DHCPINFORM = 8;
const OPTIONS_AT = 240;
/** BOOTP's own: some servers and relays pass over what is shorter (RFC 1542 §2.1). */
const SHORTEST = 300;

/** Writes a question. Times are not asked for (§4.4.3). */
export function writeInform({ xid, mac, address, relayed, wanted }: InformQuestion): Buffer {
  const options = [MESSAGE_TYPE, 1, DHCPINFORM, PARAMETER_REQUEST_LIST, wanted.length, ...wanted, END];
  const message = Buffer.alloc(Math.max(SHORTEST, OPTIONS_AT + options.length));
  message.set([BOOTREQUEST, ETHERNET, mac.length / 2, 0]);
  message.writeUInt32BE(xid, 4);
  const own = address.split('.').map(Number);
  message.set(own, 12);
  if (relayed) message.set(own, 24);
  message.set(Buffer.from(mac, 'hex'), 28);
  message.set(COOKIE, OPTIONS_AT - COOKIE.length);
  message.set(options, OPTIONS_AT);
  return message;
}

/** The options of an answer to that question; undefined: it is none. */
export function readInformAnswer(
  bytes: Buffer,
  { xid, mac }: Pick<InformQuestion, 'xid' | 'mac'>,
): ReadonlyMap<number, Buffer> | undefined {
  if (bytes.length < OPTIONS_AT || bytes[0] !== BOOTREPLY || bytes.readUInt32BE(4) !== xid) return undefined;
  if (!bytes.subarray(28, 28 + mac.length / 2).equals(Buffer.from(mac, 'hex'))) return undefined;
  const options = readMessage4(bytes, '')?.v4;
  return options?.get(MESSAGE_TYPE)?.[0] === DHCPACK ? options : undefined;
}

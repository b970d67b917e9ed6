// Packets of the DNS (RFC 1035 §4, EDNS0: RFC 6891): questions to bytes, bytes to what was answered. `dns-packet` knows
// the format; here is the border at which nothing that it makes of hostile bytes goes further, and nothing throws.

import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { describeError } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Millis, seconds } from '../../../base/units.ts';
import { isIpv4, isIpv6 } from '../../message/index.ts';
import { canonicalAddress } from '../address.ts';
import type { DnsMessage, DnsRecord, Question } from './records.ts';

/** RFC 6891 §6.2.3: what passes every link without being cut into fragments, which are easily lost and easily forged. */
export const UDP_PAYLOAD = 1232;
/** More records than any set of servers has; a message that counts more is not worth its reading. */
const MAXIMUM_RECORDS = 512;
const HEADER_OCTETS = 12;
const RESPONSE_BIT = 0x80;
const RCODE_BITS = 0x0f;

/** A name as it can be asked for: labels of 1 to 63 characters, 253 in all (RFC 1035 §2.3.4), service labels included. */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name);
}

/**
 * A query for a recursive server.
 * @param edns whether to say how much can be received (RFC 6891); servers of old refuse to be told
 */
export function encodeQuery(id: number, { name, type }: Question, edns: boolean): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: edns ? [optRecord()] : [],
  });
}

function optRecord(): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: UDP_PAYLOAD,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/** Reads a response; the error is a word for the log. */
export function decodeResponse(bytes: Buffer): Result<DnsMessage, string> {
  if (bytes.length < HEADER_OCTETS) return err('too short');
  if (((bytes[2] ?? 0) & RESPONSE_BIT) === 0) return err('no response');
  let records = 0;
  for (const at of [4, 6, 8, 10]) records += bytes.readUInt16BE(at);
  if (records > MAXIMUM_RECORDS) return err('too many records');
  try {
    const packet = decode(bytes);
    // Addresses are read without a look at where the packet ends.
    if (decode.bytes > bytes.length) return err('cut short');
    return ok(messageOf(packet, (bytes[3] ?? 0) & RCODE_BITS));
  } catch (thrown) {
    return err(describeError(thrown));
  }
}

function messageOf(packet: DecodedPacket, rcode: number): DnsMessage {
  return {
    id: packet.id ?? 0,
    question: questionOf(packet),
    rcode,
    truncated: packet.flag_tc,
    authoritative: packet.flag_aa,
    recursionAvailable: packet.flag_ra,
    answers: recordsOf(packet.answers),
    authorities: recordsOf(packet.authorities),
    additionals: recordsOf(packet.additionals),
  };
}

function questionOf({ questions = [] }: DecodedPacket): Question | undefined {
  const [first, ...others] = questions;
  if (first === undefined || others.length > 0 || first.class !== 'IN') return undefined;
  const { type } = first;
  if (type !== 'A' && type !== 'AAAA' && type !== 'SRV' && type !== 'NAPTR') return undefined;
  return { name: plainName(first.name), type };
}

function recordsOf(answers: readonly Answer[] = []): readonly DnsRecord[] {
  return answers.flatMap((answer) => recordOf(answer) ?? []);
}

function recordOf(answer: Answer): DnsRecord | undefined {
  if (answer.type === 'OPT' || answer.class !== 'IN') return undefined;
  const base = { name: plainName(answer.name), ttl: lifeOf(answer.ttl) };
  switch (answer.type) {
    case 'A':
      return isIpv4(answer.data) ? { ...base, type: 'A', address: answer.data } : undefined;
    case 'AAAA':
      return isIpv6(answer.data) ? { ...base, type: 'AAAA', address: canonicalAddress(answer.data) } : undefined;
    case 'CNAME':
      return { ...base, type: 'CNAME', target: plainName(answer.data) };
    case 'NS':
      return { ...base, type: 'NS' };
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return { ...base, type: 'SRV', priority, weight, port, target: plainName(target) };
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = answer.data;
      return {
        ...base,
        type: 'NAPTR',
        order,
        preference,
        flags,
        services,
        regexp,
        replacement: plainName(replacement),
      };
    }
    case 'SOA':
      return { ...base, type: 'SOA', minimum: lifeOf(answer.data.minimum) };
    default:
      return undefined;
  }
}

/** Lower case (RFC 4343), without the dot of the root. */
const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** RFC 2181 §8: 31 bits; with the 32nd set it is zero. */
function lifeOf(ttl: number | undefined): Millis {
  return ttl === undefined || ttl > 0x7fff_ffff ? seconds(0) : seconds(ttl);
}

// The answers to a question to the group of 224.0.1.75. What counts is a NOTIFY of `ua-profile` that is for us and names a
// URL; much else in it is wrong in the field, from Content-Length to Via, and is passed over.

import { createResponse, eventOf, parseMessage, parseUri, type SipRequest, serialize } from '../../../sip/index.ts';
import { macOfUser, PROFILE_EVENT, readIndirection } from '../../event/index.ts';

/** What a datagram is to us. */
export type PnpAnswer =
  /** None of ours, or no NOTIFY: nothing is said to it. */
  | { readonly kind: 'foreign' }
  /** For us, and of no use. */
  | { readonly kind: 'useless'; readonly why: string; readonly reply: PnpReply }
  | { readonly kind: 'url'; readonly url: string; readonly reply: PnpReply };

/** The 200. */
export interface PnpReply {
  readonly bytes: Buffer;
  readonly port: number;
}

/** Who reads, and where the datagram came from. */
export interface PnpReader {
  readonly mac: string;
  readonly callIds: ReadonlySet<string>;
  /** Our own place, which some responders copy into their Via. */
  readonly local: { readonly address: string; readonly port: number };
  /** The port that the datagram came from. */
  readonly sourcePort: number;
}

const FOREIGN: PnpAnswer = { kind: 'foreign' };
const BODY_START = Buffer.from('\r\n\r\n');

/** Reads a datagram. Never throws. */
export function readAnswer(bytes: Buffer, reader: PnpReader): PnpAnswer {
  const read = readNotify(bytes);
  if (read === undefined || read.request.method !== 'NOTIFY' || !isForUs(read.request, reader)) return FOREIGN;
  const { request, body } = read;
  const reply = { bytes: serialize(createResponse(request, 200)), port: replyPort(request, reader) };
  const useless = (why: string): PnpAnswer => ({ kind: 'useless', why, reply });
  const event = eventOf(request);
  if (!event.ok || event.value.name.toLowerCase() !== PROFILE_EVENT) return useless('it is about something else');
  const content = readIndirection(request.headers.get('Content-Type') ?? '', body);
  if (!content.ok) return useless(content.error);
  const { url } = content.value;
  if (!/^https?:\/\//i.test(url)) return useless(`profiles are not fetched by ${url.split(':', 1)[0]?.slice(0, 16)}`);
  return { kind: 'url', url, reply };
}

/** A Content-Length that is too large is passed over: the datagram says how much there is. */
function readNotify(bytes: Buffer): { readonly request: SipRequest; readonly body: Buffer } | undefined {
  const parsed = parseMessage(bytes);
  if (parsed.ok)
    return parsed.value.kind === 'request' ? { request: parsed.value, body: parsed.value.body } : undefined;
  const { reply, code } = parsed.error;
  if (reply === undefined || code !== 'content-length') return undefined;
  const end = bytes.indexOf(BODY_START);
  return { request: reply, body: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + BODY_START.length) };
}

/** By the Call-ID of a question, or by our address in From or To, whichever way round they are. */
function isForUs(request: SipRequest, { mac, callIds }: PnpReader): boolean {
  if (callIds.has(request.callId)) return true;
  return [request.from.uri, request.to.uri].some((text) => {
    const uri = parseUri(text);
    return uri.ok && macOfUser(uri.value.user ?? '') === mac;
  });
}

/** RFC 3261 §18.2.2, RFC 3581 §4; a Via that is a copy of ours says nothing of where the sender is. */
function replyPort({ topVia }: SipRequest, { local, sourcePort }: PnpReader): number {
  const isCopy = topVia.host === local.address && (topVia.port ?? 5060) === local.port;
  return isCopy || topVia.parameters.has('rport') ? sourcePort : (topVia.port ?? 5060);
}

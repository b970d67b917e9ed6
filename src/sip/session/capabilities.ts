// What this user agent can do, as its headers say it (RFC 3261 §20.1, §20.5, §20.37), and the refusals of what it cannot.

import { createResponse, readBodyParts } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { optionTags } from './peer-capabilities.ts';
import { RELIABLE } from './rseq.ts';
import { TIMER } from './session-timer.ts';

/** Methods that are answered. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, SUBSCRIBE, NOTIFY, REFER, MESSAGE';

/** Extensions that are understood (§20.37), so that a request may require them. All are offered, none is insisted upon. */
const EXTENSIONS: readonly string[] = [
  RELIABLE,
  TIMER,
  // Early dialogs that end (RFC 6228 §4).
  '199',
  // Wishes for how a call is answered (RFC 5373 §4.3.1).
  'answermode',
  // Calls that take another's place (RFC 3891 §6.2).
  'replaces',
  // REFER without a subscription (RFC 4488 §4); or about a dialog that it is not in (RFC 4538).
  'norefersub',
  'tdialog',
  // Flows and globally routable URIs: a proxy that keeps a dialog on its flow looks for it beside `ob` (RFC 5626 §4.3,
  // RFC 5627 §4.4).
  'outbound',
  'gruu',
];
export const SUPPORTED = EXTENSIONS.join(', ');

/** The event package of REFER (RFC 3515 §2.4.4). */
export const EVENT_REFER = 'refer';
/** Event packages that we notify of (RFC 6665 §4.4.4). */
export const ALLOW_EVENTS = `dialog, presence, ${EVENT_REFER}`;

/** Body types that are understood, by method. */
export const SESSION_TYPE = 'application/sdp';
export const INFO_TYPES: readonly string[] = ['application/dtmf-relay', 'application/dtmf'];
/** RFC 3428 §7. */
const MESSAGE_TYPES: readonly string[] = ['text/plain'];
/** More than a person types, and than a door can say. */
const LONGEST_TEXT = 8192;
/** Bodies in parts, of which the one that is needed is taken (RFC 5621 §3.1). */
const MULTIPART_TYPES: readonly string[] = ['multipart/mixed', 'multipart/alternative'];

/** Methods of the IANA registry that are known and not allowed here: 405, where an unknown one is 501 (§8.2.1). */
const KNOWN_METHODS = new Set(
  'ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE'.split(' '),
);

/**
 * Header fields of an INVITE that tell what we can do (§13.2.1). Without Accept, of which it is optional: each octet
 * brings the request nearer to the size above which it has to go by TCP (§18.1.1), and credentials take their share.
 */
export const INVITE_HEADERS: readonly (readonly [string, string])[] = [
  ['Allow', ALLOW],
  ['Supported', SUPPORTED],
  ['Allow-Events', ALLOW_EVENTS],
];

/** Header fields of 2xx responses that tell what we can do (§11.2, §13.3.1.4). */
export const CAPABILITY_HEADERS: readonly (readonly [string, string])[] = [
  ...INVITE_HEADERS,
  ['Accept', [SESSION_TYPE, ...INFO_TYPES, ...MULTIPART_TYPES].join(', ')],
];

/** 405 with Allow, or 501 for a method that nobody knows (§8.2.1, §21.5.2). */
export function refuseMethod(request: SipRequest, toTag?: string): SipResponse {
  const status = KNOWN_METHODS.has(request.method) ? 405 : 501;
  return createResponse(request, status, { toTag, headers: [['Allow', ALLOW]] });
}

/** The 420 that a request gets which requires what is not understood (§8.2.2.3); undefined where it does not. */
export function refuseExtensions(request: SipRequest, toTag?: string): SipResponse | undefined {
  const foreign = optionTags(request, 'Require').filter((tag) => !EXTENSIONS.includes(tag));
  if (foreign.length === 0) return undefined;
  return createResponse(request, 420, { toTag, headers: foreign.map((tag) => ['Unsupported', tag] as const) });
}

/**
 * The 415 for a body that is not understood (§8.2.3): its type is none of `types`, or it is encoded; 400 for parts that
 * cannot be told apart. A body that its sender calls optional is passed over instead (`handling=optional`, §20.11): see
 * `bodyOf`.
 */
export function refuseBody(request: SipRequest, types: readonly string[], toTag?: string): SipResponse | undefined {
  if (request.body.length === 0 || isOptional(request)) return undefined;
  const encoding = request.headers.get('Content-Encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') {
    return createResponse(request, 415, { toTag, headers: [['Accept-Encoding', 'identity']] });
  }
  if (types.includes(request.contentType ?? '')) return undefined;
  if (request.contentType?.startsWith('multipart/') === true) return refuseParts(request, types, toTag);
  return createResponse(request, 415, { toTag, headers: [['Accept', types.join(', ')]] });
}

/**
 * RFC 5621 §8: a part that is not understood is refused where its sender insists on it. RFC 3204 §4 would have that for
 * every part that says nothing of its handling; but gateways put locations and pictures beside a description without a
 * word on it, and a door that refused such calls would ring in vain. Where nothing is understood, the whole is refused.
 */
function refuseParts(request: SipRequest, types: readonly string[], toTag?: string): SipResponse | undefined {
  const parts = readBodyParts(request, (type) => types.includes(type));
  if (!parts.ok) return createResponse(request, 400, { toTag, reason: `Bad Request: ${parts.error.message}` });
  const foreign = parts.value.filter(({ contentType }) => !types.includes(contentType));
  const insisted = foreign.some(({ handling }) => handling === 'required');
  const usable = foreign.length < parts.value.length || foreign.every(({ handling }) => handling === 'optional');
  if (!insisted && usable) return undefined;
  return createResponse(request, 415, { toTag, headers: [['Accept', [...types, ...MULTIPART_TYPES].join(', ')]] });
}

function isOptional(request: SipRequest): boolean {
  return /;\s*handling\s*=\s*optional/i.test(request.headers.get('Content-Disposition') ?? '');
}

/** The refusal of a text that is none (RFC 3428 §7), or too long (413). */
export function refuseText(request: SipRequest): SipResponse | undefined {
  const type = refuseBody(request, MESSAGE_TYPES);
  if (type !== undefined) return type;
  return request.body.length > LONGEST_TEXT ? createResponse(request, 413) : undefined;
}

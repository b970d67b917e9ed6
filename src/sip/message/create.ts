// New messages: requests from their parts, responses from the request that they answer (RFC 3261 §8.1.1, §8.2.6).

import { createHash } from 'node:crypto';
import { hasSpaceOrControl, isToken, oneLine } from './characters.ts';
import { SipHeaders } from './headers.ts';
import { type KnownParts, Request, Response } from './message.ts';
import { reasonPhrase } from './status.ts';
import type { SipRequest, SipResponse } from './types.ts';

/** A body and its Content-Type. */
interface MessageBody {
  /** `application/sdp` */
  readonly type: string;
  readonly data: Buffer;
}

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface RequestParts {
  readonly method: string;
  readonly requestUri: string;
  /** In the order of the wire. Max-Forwards: 70 is added where there is none (§8.1.1.6). */
  readonly headers: HeaderList;
  readonly body?: MessageBody | undefined;
  /** What the header fields say, from who has it already: well formed, and no address is `*`. */
  readonly known?: KnownParts;
}

export interface ResponseOptions {
  /** Default: the registered phrase. */
  readonly reason?: string | undefined;
  /** Our tag, put on To where the request's To has none; to be the same in every response to the request (§8.2.6.2). */
  readonly toTag?: string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: MessageBody | undefined;
  /** Copy Record-Route: in every response above 100 that makes a dialog (§12.1.1). */
  readonly recordRoute?: boolean | undefined;
}

const NO_BODY = Buffer.alloc(0);

/**
 * Makes a request. Via may still be wanting: the transaction layer puts its own on top (until then `topVia` throws).
 * @throws Error when From, To, Call-ID or CSeq is missing or malformed, CSeq names another method, the method is no
 *   token, or the Request-URI has white space: faults of the program that calls
 */
export function createRequest(parts: RequestParts): SipRequest {
  const { method, requestUri } = parts;
  if (!isToken(method)) throw new Error('the method is no token');
  if (requestUri.indexOf(':') <= 0 || hasSpaceOrControl(requestUri)) throw new Error('the Request-URI is no URI');
  const headers = new SipHeaders();
  for (const [name, value] of parts.headers) headers.append(name, value);
  if (!headers.has('Max-Forwards')) headers.append('Max-Forwards', '70');
  const request = new Request(method, requestUri, headers, NO_BODY);
  setBody(request, parts.body);
  if (parts.known !== undefined) request.know(parts.known);
  const { cseq, from, to, callId } = request;
  if (cseq.method !== method) throw new Error(`CSeq names ${cseq.method}, the request is ${method} (${callId})`);
  if (from.uri === '*' || to.uri === '*') throw new Error('From and To name somebody');
  if (headers.has('Via')) request.topVia;
  return request;
}

/**
 * Copies a request with one header field more, before all of that name: the Via of a hop, of a further attempt.
 * @param known what it says, from who has it already
 */
export function copyRequest(request: SipRequest, name: string, value: string, known: KnownParts = {}): SipRequest {
  const headers = SipHeaders.of(request.headers);
  headers.prepend(name, value);
  const copy = new Request(request.method, request.requestUri, headers, request.body);
  copy.know(known);
  return copy;
}

/**
 * Makes the response to a request (§8.2.6): all of Via, From, To, Call-ID and CSeq are the request's.
 *
 * Without `toTag`, a final response whose request had no tag on To gets one that is a function of the request, as a
 * stateless server makes it (§8.2.7): enough to refuse, not to make a dialog.
 */
export function createResponse(request: SipRequest, status: number, options: ResponseOptions = {}): SipResponse {
  const headers = new SipHeaders();
  for (const value of request.headers.all('Via')) headers.append('Via', value);
  if (options.recordRoute === true) {
    for (const value of request.headers.all('Record-Route')) headers.append('Record-Route', value);
  }
  headers.append('From', request.headers.get('From') ?? '');
  headers.append('To', answeredTo(request, status, options.toTag));
  headers.append('Call-ID', request.callId);
  headers.append('CSeq', request.headers.get('CSeq') ?? '');
  const timestamp = status === 100 ? request.headers.get('Timestamp') : undefined; // §8.2.6.1
  if (timestamp !== undefined) headers.append('Timestamp', timestamp);
  for (const [name, value] of options.headers ?? []) headers.append(name, value);
  const reason = oneLine(options.reason ?? reasonPhrase(status));
  const response = new Response(status, reason, headers, NO_BODY);
  setBody(response, options.body);
  return response;
}

function answeredTo(request: SipRequest, status: number, toTag: string | undefined): string {
  const to = request.headers.get('To') ?? '';
  if (request.toTag !== undefined) return to;
  const tag = toTag ?? (status === 100 ? undefined : statelessTag(request));
  return tag === undefined ? to : `${to};tag=${tag}`;
}

/** §8.2.7: the same for every copy of a request. */
function statelessTag(request: SipRequest): string {
  const identity = [request.callId, request.fromTag, request.topVia.branch, request.cseq.number].join('\n');
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

function setBody(message: SipRequest | SipResponse, body: MessageBody | undefined): void {
  if (body === undefined) return;
  message.headers.set('Content-Type', body.type);
  message.body = body.data;
}

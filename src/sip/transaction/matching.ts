// Which transaction a message belongs to: RFC 3261 §17.1.3 (responses) and §17.2.3 (requests, RFC 2543 peers included).

import type { SipRequest, SipResponse } from '../message/types.ts';

/** Every branch made by RFC 3261 begins with it (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

const cookie = MAGIC_COOKIE.toLowerCase();

/** Client transactions: branch and method, since a CANCEL shares its INVITE's branch (§17.1.3). */
export function clientKey(branch: string, method: string): string {
  return `${branch.toLowerCase()} ${method}`;
}

/** The client transaction that a response belongs to; undefined without a branch. */
export function responseKey(response: SipResponse): string | undefined {
  const { branch } = response.topVia;
  return branch === undefined ? undefined : clientKey(branch, response.cseq.method);
}

/** Whether the branch was made by the rules of RFC 3261. Some peers send the cookie and nothing behind it. */
export function hasMagicCookie(request: SipRequest): boolean {
  const branch = request.topVia.branch;
  return branch !== undefined && branch.length > cookie.length && branch.toLowerCase().startsWith(cookie);
}

/**
 * What a request has in common with its ACK and its CANCEL: branch and sent-by, or for RFC 2543 the identifying headers.
 * The To tag is left out: that of an ACK is the response's, and is looked at when the transaction is found.
 */
export function hopKey(request: SipRequest): string {
  const { branch, host, port } = request.topVia;
  const sentBy = `${host}:${port ?? ''}`;
  if (hasMagicCookie(request)) return `${branch?.toLowerCase()} ${sentBy}`;
  const { requestUri, fromTag, callId, cseq } = request;
  return JSON.stringify([requestUri, fromTag ?? '', callId, cseq.number, sentBy, branch ?? '']);
}

/** The server transaction that a request belongs to; an ACK belongs to its INVITE (§17.2.3). */
export function requestKey(request: SipRequest, method: string = request.method): string {
  return `${hopKey(request)} ${method === 'ACK' ? 'INVITE' : method}`;
}

// RFC 3261 §18.1.1: a request that may not fit into one packet goes by TCP.

import type { SipRequest } from '../message/types.ts';

/** Above it a request is large, where the MTU of the path is not known. */
const LARGEST_DATAGRAM = 1300;
/** The request line's version and line ends, Content-Length, and the Via that is still to come: more than they take. */
const STILL_TO_COME = 180;

/** Whether a request, to which a Via is still added, is too large for UDP. */
export function isLarge({ method, requestUri, headers, body }: SipRequest): boolean {
  const size = method.length + Buffer.byteLength(requestUri) + Buffer.byteLength(headers.lines) + body.length;
  return STILL_TO_COME + size > LARGEST_DATAGRAM;
}

// How far TLS reaches: known of an INVITE by its Request-URI and by the hop next to us (RFC 3261 §26.2.2, RFC 5630 §3.1.3).

import { isSips } from '../dialog/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { Signalling } from './types.ts';

/** @param hop where the INVITE went to, or came from */
export function signallingOf({ requestUri }: SipRequest, { protocol }: Endpoint): Signalling {
  if (protocol !== 'tls') return 'clear';
  return isSips(requestUri) ? 'sips' : 'tls';
}

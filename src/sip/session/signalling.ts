// How far TLS reaches: known of an INVITE by its Request-URI and by the hop next to us (RFC 3261 §26.2.2, RFC 5630 §3.1.3).

import { isSips } from '../dialog/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { Signalling } from './types.ts';

/** @param hop where the INVITE went to, or came from */
export function signallingOf({ requestUri }: SipRequest, { protocol }: Endpoint): Signalling {
  if (protocol !== 'tls') return 'clear';
  return isSips(requestUri) ? 'sips' : 'tls';
}

/**
 * Of an INVITE that came: a registrar leads those who asked for sip to our sips Contact as well (RFC 5630 §5.1.1.1). Whom the
 * caller itself has asked for is in To (RFC 3261 §8.1.1.2), which no proxy changes. Its Contact is no help: it has to be sips
 * then (§8.1.1.8), and is not with every phone.
 */
export function signallingOfIncoming(request: SipRequest, source: Endpoint): Signalling {
  const reach = signallingOf(request, source);
  return reach === 'sips' && !isSips(request.to.uri) ? 'tls' : reach;
}

// What a sips URI asks of everything that comes after it: RFC 3261 §8.1.1.8, §12.1, RFC 5630 §5.1. It is never made a sip
// URI; a sip URI that stands where only sips may is made one.

import { formatUri, parseUri } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';

/** Whether a URI asks for TLS on every hop. */
export const isSips = (uri: string): boolean => /^sips:/i.test(uri);

/**
 * The sips URI of the same place: the scheme changes and nothing else (RFC 5630 §5.1.1), `transport=tls` excepted, which
 * says the same in the old way and must not be used (§5.1.1). What is no SIP URI stays.
 */
export function asSips(uri: string): string {
  const parsed = parseUri(uri);
  if (!parsed.ok || parsed.value.scheme === 'sips') return uri;
  const parameters = new Map(parsed.value.parameters);
  const transport = parameters.get('transport');
  if (typeof transport === 'string' && transport.toLowerCase() === 'tls') parameters.delete('transport');
  return formatUri({ ...parsed.value, scheme: 'sips', parameters });
}

/** Whether Contact in a request of ours has to be sips: the Request-URI is, or the topmost Route (RFC 3261 §8.1.1.8). */
export function asksForSips(request: SipRequest): boolean {
  return isSips(request.requestUri) || isSips(topmost(request, 'Route') ?? '');
}

/**
 * Whether Contact in our answer to a request that begins a dialog has to be sips: the Request-URI is, or the topmost
 * Record-Route; where there is none, the peer's Contact (RFC 3261 §12.1.1).
 */
export function wantsSips(request: SipRequest): boolean {
  return isSips(request.requestUri) || isSips(topmost(request, 'Record-Route') ?? topmost(request, 'Contact') ?? '');
}

function topmost(request: SipRequest, name: 'Contact' | 'Record-Route' | 'Route'): string | undefined {
  const addresses = request.addresses(name);
  return addresses.ok ? addresses.value[0]?.uri : undefined;
}

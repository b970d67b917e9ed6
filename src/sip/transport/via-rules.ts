// What the transport reads and writes in the topmost Via: RFC 3261 §18.2.1 and §18.2.2, RFC 3581 §4.

import { DEFAULT_LIMITS, formatVia, isIpAddress } from '../message/index.ts';
import type { Endpoint, Protocol, SipRequest } from '../message/types.ts';

/** The default ports of RFC 3261 §19.1.2. */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'tls' ? 5061 : 5060;
}

/**
 * Notes in a request's topmost Via where it came from: `received` where sent-by says otherwise or `rport` is asked for,
 * `rport` where it is asked for. Whatever the sender itself wrote there is replaced.
 * @returns false when the Via has no room for that: then it is nobody's
 */
export function markArrival(request: SipRequest, source: Endpoint): boolean {
  const via = request.topVia;
  // A link-local source carries the name of our own interface (`fe80::1%eth0`): it is none of the peer's business.
  const [address = source.address] = source.address.split('%');
  const wantsPort = via.parameters.has('rport');
  const claimed = via.parameters.has('received');
  if (!wantsPort && !claimed && via.host === address) return true;
  if (via.parameters.size + 2 > DEFAULT_LIMITS.parameterCount) return false;
  const parameters = new Map(via.parameters);
  parameters.delete('branch');
  if (wantsPort || via.host !== address) parameters.set('received', address);
  else parameters.delete('received');
  if (wantsPort) parameters.set('rport', String(source.port));
  request.headers.removeFirst('Via');
  request.headers.prepend('Via', formatVia({ ...via, parameters }));
  return true;
}

/**
 * Where the response to a request goes that `markArrival` has seen (§18.2.2, RFC 3581 §4); over TCP and TLS where a new
 * connection would lead, if the one that the request came by is gone. `maddr` is not followed: it would let anybody send
 * our answers to a third party.
 */
export function responseAddress(request: SipRequest, source: Endpoint): Endpoint {
  const { protocol, address } = source;
  const { host, port, parameters } = request.topVia;
  if (protocol === 'udp' && parameters.has('rport')) return source;
  const target = { protocol, address, port: port ?? defaultPort(protocol) };
  return protocol === 'tls' && !isIpAddress(host) ? { ...target, serverName: host } : target;
}

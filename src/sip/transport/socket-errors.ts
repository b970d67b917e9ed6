// What Node says of sockets, in our words.

import { DoorphoneError, describeError } from '../../base/errors.ts';
import { formatHostPort } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { SendFailure } from './network.ts';

export function errorCode(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return 'failed';
}

export function sendFailure(thrown: unknown): SendFailure {
  return { code: errorCode(thrown), message: describeError(thrown) };
}

/** `tcp 192.0.2.1:5060`, for a person. */
export function formatEndpoint({ protocol, address, port }: Endpoint): string {
  return `${protocol} ${formatHostPort(address, port)}`;
}

/** Why a place cannot be listened at. */
export function bindError(error: Error, endpoint: Endpoint): DoorphoneError {
  const { protocol, address } = endpoint;
  const place = formatEndpoint(endpoint);
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new DoorphoneError('port-in-use', `${place} is used by another program`, {
        mend: `stop that program (\`ss -ln${protocol === 'udp' ? 'u' : 't'}p\` names it) or listen on another port with sip.listen`,
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new DoorphoneError('address-not-available', `${address} is no address of this machine`, {
        mend: 'listen on 0.0.0.0, or on an address that `ip addr` shows, with sip.listen',
        cause: error,
      });
    case 'EACCES':
      return new DoorphoneError('port-not-permitted', `listening on ${place} is not permitted`, {
        mend: 'choose a port above 1023 with sip.listen, or grant CAP_NET_BIND_SERVICE',
        cause: error,
      });
    default:
      return new DoorphoneError('cannot-listen', `cannot listen on ${place}: ${error.message}`, {
        mend: 'correct sip.listen',
        cause: error,
      });
  }
}

/** Why a connection is over. */
export function connectionFailure(thrown: unknown, endpoint: Endpoint): SendFailure {
  const code = errorCode(thrown);
  const peer = formatEndpoint(endpoint);
  switch (code) {
    case 'ECONNREFUSED':
      return { code, message: `${peer} refuses connections` };
    case 'ECONNRESET':
    case 'EPIPE':
      return { code, message: `${peer} has broken the connection` };
    case 'ETIMEDOUT':
      return { code, message: `${peer} does not answer` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { code, message: `${peer} cannot be reached: ${describeError(thrown)}` };
    default:
      return { code, message: `${peer}: ${describeError(thrown)}` };
  }
}

// Why TLS was not agreed on, for a person.

import { describeError, errorCode } from '../base/errors.ts';
import { fault, type HttpFault } from './fault.ts';

/** What OpenSSL says of a handshake that failed, or of a connection that it broke. */
export function handshakeFault(thrown: unknown, place: string): HttpFault {
  const code = errorCode(thrown);
  if (/ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) {
    const mend = 'set tls.certificate and tls.key to what the server accepts';
    return fault('certificate-wanted', `${place} wants a certificate of ours, or another than it got`, mend);
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return fault('tls-refused', `${place} speaks no TLS 1.2 or newer`, 'update the server');
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return fault('tls-refused', `${place} does not speak TLS`, 'correct the port, or the scheme');
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return fault('tls-refused', `TLS with ${place} failed: ${describeError(thrown)}`);
  }
  return fault('unreachable', `${place}: ${describeError(thrown)}`);
}

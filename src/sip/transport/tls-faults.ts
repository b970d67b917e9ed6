// Why TLS was not agreed on, for a person: what is wrong, and what mends it.

import { describeError } from '../../base/errors.ts';
import type { Endpoint } from '../message/types.ts';
import type { SendFailure } from './network.ts';
import { connectionFailure, errorCode, formatEndpoint } from './socket-errors.ts';
import { describeIdentities, type NamedCertificate } from './tls-identity.ts';

interface Explanation {
  readonly what: string;
  readonly mend: string;
}

const CA_MEND = 'name the authority that signed it, or the certificate itself, in sip.tls.ca';
const OWN_MEND = 'set sip.tls.certificate and sip.tls.key to what the server accepts';

/** By OpenSSL's verdict on the peer's certificate (X509_V_ERR_…). */
const VERDICTS: ReadonlyMap<string, Explanation> = new Map([
  [
    'CERT_HAS_EXPIRED',
    { what: 'has expired', mend: 'renew it at the server, or set the clock of this device if that is wrong' },
  ],
  [
    'CERT_NOT_YET_VALID',
    { what: 'is not valid yet', mend: 'set the clock of this device, or wait for the certificate to begin' },
  ],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', { what: 'is signed by itself', mend: CA_MEND }],
  ['SELF_SIGNED_CERT_IN_CHAIN', { what: 'is signed by an authority that is not trusted here', mend: CA_MEND }],
  ['UNABLE_TO_GET_ISSUER_CERT', { what: 'is signed by an authority that is not known here', mend: CA_MEND }],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', { what: 'is signed by an authority that is not known here', mend: CA_MEND }],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', { what: 'is signed by an authority that is not known here', mend: CA_MEND }],
  [
    'INVALID_PURPOSE',
    { what: 'is not made for a server', mend: 'give the server one whose extended key usage has serverAuth' },
  ],
  ['CERT_REVOKED', { what: 'was revoked', mend: 'renew it at the server' }],
]);

/** The certificate of a server is in order, and is somebody else's (RFC 5922 §7.3). */
export function wrongIdentity(target: Endpoint, wanted: string, certificate: NamedCertificate): SendFailure {
  return {
    code: 'certificate-refused',
    message: `the certificate of ${formatEndpoint(target)} is for ${describeIdentities(certificate)}, not for ${wanted}`,
    mend: 'address the server by a name that its certificate has, or give it a certificate for that name',
  };
}

/** The server has another key than those that it must have one of. */
export function wrongKey(target: Endpoint): SendFailure {
  return {
    code: 'certificate-refused',
    message: `the key of ${formatEndpoint(target)} is none of those that are pinned`,
    mend: 'correct tls.pin',
  };
}

/** Why a TLS connection that we open came to nothing, or broke. */
export function tlsFailure(thrown: unknown, target: Endpoint): SendFailure {
  const code = errorCode(thrown);
  const server = formatEndpoint(target);
  const verdict = VERDICTS.get(code);
  if (verdict !== undefined) {
    const message = `the certificate of ${nameOf(target)} ${verdict.what}`;
    return { code: 'certificate-refused', message, mend: verdict.mend };
  }
  if (/ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) {
    return { code: 'certificate-wanted', message: `${server} does not accept our certificate`, mend: OWN_MEND };
  }
  if (/ALERT_HANDSHAKE_FAILURE/.test(code)) {
    const message = `${server} found nothing in common with us, or wants a certificate of ours`;
    return { code: 'tls-refused', message, mend: OWN_MEND };
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return { code: 'tls-refused', message: `${server} speaks no TLS 1.2 or newer`, mend: 'update the server' };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    const mend = 'correct the port, or write ;transport=tcp';
    return { code: 'tls-refused', message: `${server} does not speak TLS`, mend };
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return { code: 'tls-refused', message: `TLS with ${server} failed: ${describeError(thrown)}` };
  }
  return connectionFailure(thrown, target);
}

function nameOf(target: Endpoint): string {
  return target.serverName === undefined ? formatEndpoint(target) : `${target.serverName} (${formatEndpoint(target)})`;
}

// Whether a server's certificate is to be believed (RFC 9110 §4.3.4): its chain, its dates, its name, or a pinned key.

import { createHash, X509Certificate } from 'node:crypto';
import { checkServerIdentity, rootCertificates, type TLSSocket } from 'node:tls';
import type { Secret } from '../base/secret.ts';
import { fault, type HttpFault } from './fault.ts';

export interface HttpTls {
  /** PEM; left out: the authorities that Node.js brings. */
  readonly ca?: string;
  /** PEM: our own, with the chain below it. */
  readonly certificate?: string;
  /** PEM; left out: it stands in `certificate`. */
  readonly key?: Secret;
  /**
   * SHA-256 of a public key in base64, `sha256/` before it or not (RFC 7469 §2.4): the server's must be one of them. Where no `ca` is given, that
   * is enough: whoever holds the key is the server, whoever signed its certificate.
   */
  readonly pins?: readonly string[];
}

/** What the judgement goes by, beside the certificate. */
export interface TrustSituation {
  readonly tls: HttpTls;
  readonly host: string;
  readonly now: Date;
  /** When this program was built: no clock that is right shows less. */
  readonly builtAt: Date;
}

const TRUST_MEND = 'name the authority that signed it, or the certificate itself, as the trusted one (tls.ca)';

/** By OpenSSL's verdict (X509_V_ERR_…). */
const VERDICTS: { readonly [verdict: string]: readonly [what: string, mend: string] } = {
  CERT_HAS_EXPIRED: ['has expired', 'renew it at the server, or set the clock of this device if that is wrong'],
  CERT_NOT_YET_VALID: ['is not valid yet', 'set the clock of this device, or wait for the certificate to begin'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['is signed by itself', TRUST_MEND],
  CERT_REVOKED: ['was revoked', 'renew it at the server'],
  INVALID_PURPOSE: ['is not made for a server', 'give the server one whose extended key usage has serverAuth'],
};
const FOREIGN = ['is signed by an authority that is not trusted here', TRUST_MEND] as const;

/** Why the server at the other end is not spoken to; undefined: it is who it should be. To be asked before a byte is sent. */
export function distrust(socket: TLSSocket, situation: TrustSituation): HttpFault | undefined {
  const { tls, host } = situation;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return fault('certificate-refused', `${host} shows no certificate`);
  const pins = tls.pins ?? [];
  if (pins.length > 0) {
    const own = pinOf(certificate);
    if (!pins.some((pin) => pin.replace(/^sha256\//, '') === own)) {
      return fault('certificate-refused', `the key of ${host} is none of those that are pinned`, 'correct tls.pin');
    }
    if (tls.ca === undefined) return undefined;
  }
  const verdict = chainVerdict(socket, certificate, situation);
  if (verdict !== undefined) {
    const [what, mend] = VERDICTS[verdict] ?? FOREIGN;
    return fault('certificate-refused', `the certificate of ${host} ${what}`, mend);
  }
  if (checkServerIdentity(host, certificate.toLegacyObject()) === undefined) return undefined;
  const message = `the certificate of ${host} is for ${describeNames(certificate)}`;
  return fault('certificate-refused', message, 'address the server by a name that its certificate has');
}

/** RFC 7469 §2.4 */
function pinOf(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

function describeNames({ subjectAltName, subject }: X509Certificate): string {
  return (subjectAltName ?? subject ?? 'nobody').replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 120);
}

function chainVerdict(socket: TLSSocket, leaf: X509Certificate, situation: TrustSituation): string | undefined {
  if (socket.authorized) return undefined;
  const { now, builtAt, tls } = situation;
  // Typed as an Error, and a string in fact.
  const verdict = String(socket.authorizationError);
  // A board without a clock chip starts in the past: then the build's date is the best that is known of the time. OpenSSL
  // names one fault alone, which may hide another, so that the chain is gone through once more.
  if (verdict !== 'CERT_NOT_YET_VALID' || now >= builtAt) return verdict;
  return chainVerdictSince(builtAt, leaf, socket, tls.ca);
}

const LONGEST_CHAIN = 8;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/**
 * RFC 5280 §6.1, as far as a chain without name constraints needs it, for a time that is not known but that it is past
 * `since`: what had ended by then has ended; what begins later may have begun.
 */
function chainVerdictSince(
  since: Date,
  leaf: X509Certificate,
  socket: TLSSocket,
  ca: string | undefined,
): string | undefined {
  const anchors = readAnchors(ca);
  const sent = chainOf(socket);
  const usages = leaf.keyUsage;
  if (usages !== undefined && !usages.includes(SERVER_AUTH)) return 'INVALID_PURPOSE';
  let current = leaf;
  for (let depth = 0; depth < LONGEST_CHAIN; depth += 1) {
    if (since > new Date(current.validTo)) return 'CERT_HAS_EXPIRED';
    if (anchors.some((anchor) => anchor.raw.equals(current.raw))) return undefined;
    const signs = (issuer: X509Certificate): boolean =>
      issuer.ca && current.checkIssued(issuer) && current.verify(issuer.publicKey);
    const issuer = anchors.find(signs) ?? sent.find((one) => !one.raw.equals(current.raw) && signs(one));
    if (issuer === undefined) return 'UNABLE_TO_GET_ISSUER_CERT';
    current = issuer;
  }
  return 'CERT_CHAIN_TOO_LONG';
}

function readAnchors(ca: string | undefined): readonly X509Certificate[] {
  const texts =
    ca === undefined
      ? rootCertificates
      : (ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
  return texts.map((text) => new X509Certificate(text));
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerCertificate(true);
  while (chain.length < LONGEST_CHAIN && next.raw !== undefined) {
    const certificate = new X509Certificate(next.raw);
    if (chain.some((one) => one.raw.equals(certificate.raw))) break;
    chain.push(certificate);
    next = next.issuerCertificate;
    if (next === undefined) break;
  }
  return chain;
}

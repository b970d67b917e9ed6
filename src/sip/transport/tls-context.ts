// What TLS is spoken with: our certificate, and whom we trust.

import { createHash, type X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { DoorphoneError, describeError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { NamedCertificate } from './tls-identity.ts';

/** PEM texts. */
export interface TlsCredentials {
  /** The authorities that are trusted; left out: those that Node.js brings. */
  readonly ca?: string;
  /** Our own, with the chain below it; left out: we show none, and cannot listen. */
  readonly certificate?: string;
  /** Left out: it stands in `certificate`. */
  readonly key?: Secret;
}

/**
 * The options of both sides of TLS.
 * @throws DoorphoneError `bad-certificate`
 */
export function tlsContext({ ca, certificate, key }: TlsCredentials): SecureContextOptions {
  const options: SecureContextOptions = {
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate, key: key?.reveal() ?? certificate }),
  };
  try {
    createSecureContext(options);
  } catch (thrown) {
    throw new DoorphoneError('bad-certificate', `sip.tls cannot be used: ${describeError(thrown)}`, {
      mend: 'correct the files of sip.tls',
      cause: thrown,
    });
  }
  return options;
}

/** What is read in the certificate of the other side. */
export interface PeerCertificate extends NamedCertificate {
  /** When it ends: milliseconds of the time of day; not a number where there is no certificate. */
  readonly until: number;
  /** SHA-256 of its public key, as pins are written; undefined: there is no certificate. */
  readonly keyHash: () => string | undefined;
}

/** The certificate of the other side. To be called once: Node.js gives it away, and shows none the next time. */
export function certificateOf(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  const name = certificate?.toLegacyObject().subject.CN;
  return {
    subjectAltName: certificate?.subjectAltName,
    commonNames: name === undefined ? [] : [name].flat(),
    until: Date.parse(certificate?.validTo ?? ''),
    keyHash: () => (certificate === undefined ? undefined : keyHashOf(certificate)),
  };
}

function keyHashOf({ publicKey }: X509Certificate): string {
  const key = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

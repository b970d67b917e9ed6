// Reads the files of `sip.tls` and checks that TLS can be spoken with them: unreadable, no PEM, a key of another
// certificate are said here, with file and mend, and not when the first connection is opened.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { describeError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { type Complaint, complaint } from './complaint.ts';
import type { Path } from './document.ts';
import { absolutePath, describeReadError } from './secrets.ts';
import { isTable, type Report } from './structure.ts';
import type { FileContent, TlsConfiguration } from './types.ts';

interface Reports {
  readonly fault: Report;
  readonly warning: Report;
}

interface PemFile {
  readonly path: string;
  readonly text: string;
}

/** Readable by those who are neither owner nor in the group. */
const OTHERS_READ = 0o004;

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @param value what the schema yielded, faulty or not
 * @param folder absolute; relative paths begin there
 * @returns the texts; undefined where none are asked for, incomplete where there are faults
 */
export function readCertificates(
  value: unknown,
  folder: string,
  readFile: (path: string) => FileContent,
  reports: Reports,
): TlsConfiguration | undefined {
  const sip = isTable(value) && isTable(value.sip) ? value.sip : {};
  const table = isTable(sip.tls) ? sip.tls : {};
  if (table.certificate === undefined) checkListeners(sip.listen, reports.fault);
  const place = { at: ['sip', 'tls'], folder, readFile };
  return sip.tls === undefined ? undefined : new CertificateReader(table, place, reports).read();
}

/** The same of `provisioning.tls`, with which files are fetched. */
export function readProvisioningCertificates(
  value: unknown,
  folder: string,
  readFile: (path: string) => FileContent,
  reports: Reports,
): TlsConfiguration | undefined {
  const provisioning = isTable(value) && isTable(value.provisioning) ? value.provisioning : {};
  const place = { at: ['provisioning', 'tls'], folder, readFile };
  return isTable(provisioning.tls) ? new CertificateReader(provisioning.tls, place, reports).read() : undefined;
}

interface CertificatePlace {
  /** The keys above those that name the files. */
  readonly at: Path;
  readonly folder: string;
  readonly readFile: (path: string) => FileContent;
}

/** A TLS server shows a certificate: without one nobody could connect. */
function checkListeners(listen: unknown, fault: Report): void {
  if (!Array.isArray(listen)) return;
  for (const [at, address] of listen.entries()) {
    if (!isTable(address) || address.transport !== 'tls') continue;
    const mend = 'set sip.tls.certificate, or take it out: TLS towards a server needs no listen address';
    fault(['sip', 'listen', at], complaint('cannot be listened at without a certificate', mend), 'value');
  }
}

class CertificateReader {
  constructor(
    private readonly table: Readonly<Record<string, unknown>>,
    private readonly place: CertificatePlace,
    private readonly reports: Reports,
  ) {}

  read(): TlsConfiguration {
    const ca = this.#certificates('ca');
    const certificate = this.#certificates('certificate');
    const key = this.#key(certificate);
    const tls = {
      ...(ca === undefined ? {} : { ca: ca.text }),
      ...(certificate === undefined ? {} : { certificate: certificate.text }),
      ...(key === undefined ? {} : { key: new Secret(key.text) }),
    };
    if (certificate !== undefined && key !== undefined) this.#tryOut(certificate, key);
    return tls;
  }

  /** A file with one certificate at least. */
  #certificates(name: 'ca' | 'certificate'): PemFile | undefined {
    const file = this.#file(name);
    if (file === undefined) return undefined;
    const texts = file.text.match(CERTIFICATES) ?? [];
    const certificates = texts.map(parseCertificate);
    const whole = certificates.flatMap((certificate) => certificate ?? []);
    if (whole.length === 0 || whole.length < certificates.length) {
      const what = `names ${file.path}, which holds no certificate in PEM`;
      this.#fault(name, complaint(what, 'give a file that has -----BEGIN CERTIFICATE-----'));
      return undefined;
    }
    return file;
  }

  /** The key's own file, else the certificate's. */
  #key(certificate: PemFile | undefined): PemFile | undefined {
    const given = this.table.key !== undefined;
    const file = given ? this.#file('key') : certificate;
    if (file === undefined) return undefined;
    if (given && this.table.certificate === undefined) {
      this.#fault('key', complaint('has no certificate beside it', `set ${this.place.at.join('.')}.certificate`));
      return undefined;
    }
    const name = given ? 'key' : 'certificate';
    const key = parseKey(file.text);
    if (key === undefined) {
      this.#fault(name, noKey(file, given, this.place.at));
      return undefined;
    }
    const own = certificate === undefined ? undefined : parseCertificate(certificate.text.match(CERTIFICATES)?.[0]);
    if (own !== undefined && !own.checkPrivateKey(key)) {
      const what = `names ${file.path}, whose key is not that of the certificate ${certificate?.path}`;
      this.#fault(name, complaint(what, 'give the key that the certificate was made for; the certificate comes first'));
      return undefined;
    }
    return file;
  }

  /** What no check of ours finds, OpenSSL does: a key that is too short, a digest that is not trusted any more. */
  #tryOut(certificate: PemFile, key: PemFile): void {
    try {
      createSecureContext({ minVersion: 'TLSv1.2', cert: certificate.text, key: key.text });
    } catch (thrown) {
      const what = `names ${certificate.path}, which TLS cannot be spoken with: ${describeError(thrown)}`;
      this.#fault('certificate', complaint(what, 'make a new certificate and key'));
    }
  }

  #file(name: 'ca' | 'certificate' | 'key'): PemFile | undefined {
    const given = this.table[name];
    if (typeof given !== 'string') return undefined;
    const path = absolutePath(given, this.place.folder);
    try {
      const { text, mode } = this.place.readFile(path);
      if (mode !== undefined && (mode & OTHERS_READ) !== 0 && text.includes('PRIVATE KEY-----')) {
        const what = `names ${path}, a private key that everybody on this machine can read`;
        this.reports.warning([...this.place.at, name], complaint(what, `chmod 600 ${path}`), 'value');
      }
      return { path, text };
    } catch (thrown) {
      const what = `names ${path}, which ${describeReadError(thrown)}`;
      this.#fault(name, complaint(what, 'create it, or correct the path'));
      return undefined;
    }
  }

  #fault(name: string, found: Complaint): void {
    this.reports.fault([...this.place.at, name], found, 'value');
  }
}

function parseCertificate(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function noKey({ path, text }: PemFile, given: boolean, at: Path): Complaint {
  if (text.includes('ENCRYPTED')) {
    const mend = `take the passphrase off: openssl pkey -in ${path} -out KEY, and chmod 600 it`;
    return complaint(`names ${path}, whose private key asks for a passphrase`, mend);
  }
  const mend = given ? 'give a file that has -----BEGIN PRIVATE KEY-----' : `set ${at.join('.')}.key`;
  return complaint(`names ${path}, which holds no private key in PEM`, mend);
}

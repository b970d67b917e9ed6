// Certificates of the test's own, made by openssl: an authority, and what it vouches for.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** `DNS:pbx.example.test`, `URI:sip:example.test`. */
  readonly names: readonly string[];
  /** Days from now on which it ends; below zero: it has ended. */
  readonly days?: number;
}

/** An authority of a test, with its files in the test's folder. */
export class Authority {
  readonly #key: string;

  /** @param name tells the authorities of one test from each other */
  constructor(
    private readonly folder: string,
    private readonly name = 'authority',
  ) {
    this.#key = `${folder}/${name}.key`;
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-subj', `/CN=${name}`, '-keyout', this.#key, '-out', this.certificate],
    );
  }

  /** The file with the authority's own certificate. */
  get certificate(): string {
    return `${this.folder}/${this.name}.pem`;
  }

  /** Makes a key and a certificate for it. @param file name of the files, without ending */
  issue(file: string, { names, days = 30 }: CertificateOptions): Certificate {
    const [key, request, certificate] = ['key', 'csr', 'pem'].map((ending) => `${this.folder}/${file}.${ending}`);
    if (key === undefined || request === undefined || certificate === undefined) throw new Error('no file names');
    const extensions = `${this.folder}/${file}.ext`;
    writeFileSync(extensions, `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${file}`],
      ...['-keyout', key, '-out', request],
    );
    openssl(
      ...['x509', '-req', '-in', request, '-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'],
      ...['-days', String(days), '-extfile', extensions, '-out', certificate],
    );
    return { certificate, key };
  }
}

function openssl(...args: readonly string[]): void {
  const outcome = spawnSync('openssl', args, { encoding: 'utf8' });
  if (outcome.status !== 0) throw new Error(`openssl ${args[0]}: ${outcome.stderr || String(outcome.error)}`);
}

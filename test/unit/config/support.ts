// A file without faults, and what the checks say of a text.

import { formatFault, type ParseOptions, type ParseOutcome, parseConfiguration } from '../../../src/config/index.ts';
import { makeCertificate } from '../../support/certificates.ts';

/** The smallest file that a door works with: nothing wrong, nothing to warn of. */
export const SMALL = `board: virtual
accounts:
  - uri: sip:door@example.com
buttons:
  front:
    line: button
    call: [ "sip:101@example.com" ]
`;

const door = makeCertificate({ names: ['DNS:door.example'] });
const other = makeCertificate({ names: ['DNS:door.example'] });

const lockedKey = String(
  door.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'hunter2' }),
);

export const FILES: { readonly [path: string]: { readonly text: string; readonly mode: number } } = {
  '/etc/doorphone/secrets/sip': { text: 'hunter2-from-file\n', mode: 0o100600 },
  '/etc/doorphone/secrets/crlf': { text: 'hunter2-from-file\r\n', mode: 0o100600 },
  '/etc/doorphone/secrets/open': { text: 'hunter2-from-file\n', mode: 0o100644 },
  '/etc/doorphone/secrets/two-lines': { text: 'hunter2\nhunter3\n', mode: 0o100600 },
  '/etc/doorphone/secrets/empty': { text: '\n', mode: 0o100600 },
  '/elsewhere/code': { text: '4711#', mode: 0o100640 },
  '/etc/doorphone/ca.pem': { text: `Two of them:\n${door.certificate}${other.certificate}`, mode: 0o100644 },
  '/etc/tls/door.pem': { text: door.certificate, mode: 0o100644 },
  '/etc/doorphone/door.key': { text: door.key, mode: 0o100600 },
  '/etc/doorphone/both.pem': { text: door.certificate + door.key, mode: 0o100600 },
  '/etc/doorphone/other.key': { text: other.key, mode: 0o100600 },
  '/etc/doorphone/open.key': { text: door.key, mode: 0o100644 },
  '/etc/doorphone/locked.key': { text: lockedKey, mode: 0o100600 },
  '/etc/doorphone/broken.pem': { text: door.certificate.replace('\nMI', '\n!!'), mode: 0o100644 },
};

export function parse(text: string, options: Partial<ParseOptions> = {}): ParseOutcome {
  return parseConfiguration(text, {
    file: '/etc/doorphone/doorphone.yaml',
    environment: { SIP_PASSWORD: 'hunter2-from-environment', EMPTY: '' },
    readFile: (path) => {
      const content = FILES[path];
      if (content !== undefined) return content;
      const code = path.includes('forbidden') ? 'EACCES' : 'ENOENT';
      throw Object.assign(new Error(`${code}: ${path}`), { code });
    },
    ...options,
  });
}

const shorten = (line: string): string => line.replace('/etc/doorphone/doorphone.yaml:', '');

/** Every fault as it is printed, without the file's name. */
export function faultsOf(text: string): string[] {
  return parse(text).faults.map(formatFault).map(shorten);
}

/** Every warning as it is printed, without the file's name. */
export function warningsOf(text: string): string[] {
  return parse(text).warnings.map(formatFault).map(shorten);
}

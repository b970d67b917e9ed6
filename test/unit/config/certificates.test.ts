import { describe, expect, it } from 'vitest';
import { compareConfigurations } from '../../../src/config/index.ts';
import { FILES, faultsOf, parse, SMALL, warningsOf } from './support.ts';

const withTls = (tls: string, listen = 'udp:0.0.0.0:0'): string =>
  `${SMALL}sip: { listen: [ "${listen}" ], tls: { ${tls} } }\n`;

describe('sip.tls', () => {
  it.each([
    ['ca: ca.pem', { ca: '/etc/doorphone/ca.pem' }],
    ['certificate: both.pem', { certificate: '/etc/doorphone/both.pem', key: '/etc/doorphone/both.pem' }],
    [
      'certificate: ../tls/door.pem, key: door.key',
      { certificate: '/etc/tls/door.pem', key: '/etc/doorphone/door.key' },
    ],
  ])('%s is read', (tls, files) => {
    const text = withTls(tls, 'certificate' in files ? 'tls:0.0.0.0:5061' : 'udp:0.0.0.0:5060');
    expect([...faultsOf(text), ...warningsOf(text)]).toEqual([]);
    const found = parse(text).configuration?.sip.tls;
    const texts = Object.entries(files).map(([key, path]) => [key, FILES[path]?.text]);
    expect({ ...found, ...(found?.key === undefined ? {} : { key: found.key.reveal() }) }).toEqual(
      Object.fromEntries(texts),
    );
  });

  it.each([
    ['ca: missing.pem', 'ca: names /etc/doorphone/missing.pem, which does not exist; create it, or correct the path'],
    ['ca: forbidden.pem', 'ca: names /etc/doorphone/forbidden.pem, which this user may not read; create it'],
    ['ca: door.key', 'ca: names /etc/doorphone/door.key, which holds no certificate in PEM; give a file that has'],
    ['ca: broken.pem', 'ca: names /etc/doorphone/broken.pem, which holds no certificate in PEM'],
    ['certificate: ../tls/door.pem', 'certificate: names /etc/tls/door.pem, which holds no private key in PEM; set'],
    ['certificate: ../tls/door.pem, key: ca.pem', 'key: names /etc/doorphone/ca.pem, which holds no private key in'],
    [
      'certificate: ../tls/door.pem, key: other.key',
      'key: names /etc/doorphone/other.key, whose key is not that of the certificate /etc/tls/door.pem; give the key',
    ],
    [
      'certificate: ../tls/door.pem, key: locked.key',
      'key: names /etc/doorphone/locked.key, whose private key asks for a passphrase; take the passphrase off: openssl',
    ],
    ['key: door.key', 'key: has no certificate beside it; set sip.tls.certificate'],
  ])('%s is one fault, with file and mend', (tls, said) => {
    const faults = faultsOf(withTls(tls));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`sip.tls.${said}`);
  });

  it('a key that others can read is warned of', () => {
    expect(warningsOf(withTls('certificate: ../tls/door.pem, key: open.key'))).toEqual([
      expect.stringContaining('a private key that everybody on this machine can read; chmod 600'),
    ]);
  });

  it('a tls address needs a certificate', () => {
    expect(faultsOf(withTls('ca: ca.pem', 'tls:0.0.0.0:5061'))).toEqual([
      '8:18: sip.listen[0]: cannot be listened at without a certificate; set sip.tls.certificate, or take it out: TLS ' +
        'towards a server needs no listen address',
    ]);
  });

  it('no fault quotes a key', () => {
    const texts = ['certificate: both.pem, key: other.key', 'ca: door.key', 'key: door.key'].flatMap((tls) =>
      faultsOf(withTls(tls)),
    );
    expect(texts).toHaveLength(3);
    expect(texts.join('\n')).not.toContain('-----BEGIN PRIVATE');
  });

  it('other contents of the same files are a change', () => {
    const before = parse(withTls('ca: ca.pem')).configuration;
    const after = parse(withTls('ca: ../tls/door.pem')).configuration;
    if (before === undefined || after === undefined) throw new Error('faulty');
    expect(compareConfigurations(before, after)).toEqual([{ key: 'sip.tls.ca', requiresRestart: false }]);
  });
});

// `server.yaml`: what the server goes by, and what is said where it is wrong.

import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../../src/provisioning/server/settings.ts';

describe('server.yaml', () => {
  it('has defaults for all but the certificate', () => {
    expect(readSettings('certificate: cert.pem')).toEqual({
      sip: [{ protocol: 'udp', address: '0.0.0.0', port: 5060 }],
      files: { protocol: 'https', address: '0.0.0.0', port: 8443 },
      url: undefined,
      certificate: 'cert.pem',
      key: undefined,
      approve: 'manual',
      pnp: false,
      plainNames: false,
      rate: 500,
      realm: 'doorphone',
      digest: ['SHA-256'],
      users: new Map(),
      warnings: [],
    });
  });

  it('is read, with addresses of IPv6 and a URL of its own', () => {
    const text =
      'sip: [ "tls:[::]:5061" ]\nfiles: http:192.0.2.1:80\nurl: https://boot.example.com/\ncertificate: c\nkey: k';
    expect(readSettings(text)).toMatchObject({
      sip: [{ protocol: 'tls', address: '::', port: 5061 }],
      files: { protocol: 'http', address: '192.0.2.1', port: 80 },
      url: 'https://boot.example.com',
      certificate: 'c',
      key: 'k',
    });
  });

  it('names whom changes are published to; then nothing is served here', () => {
    const text =
      'publish: { server: "sip:fleet.example.com", username: p, password: { file: secret }, files: /srv, url: https://x/y/, resolvers: [ 192.0.2.53:53 ] }';
    expect(readSettings(text)).toMatchObject({
      publish: {
        server: 'sip:fleet.example.com',
        username: 'p',
        password: { file: 'secret' },
        files: '/srv',
        url: 'https://x/y',
        resolvers: [{ address: '192.0.2.53', port: 53 }],
      },
    });
  });

  it.each([
    ['no certificate for HTTPS', '', /^server\.yaml:1:1: certificate: is missing; name a PEM file/],
    ['no certificate for TLS', 'files: http:0.0.0.0:80\nsip: [ tls:0.0.0.0:5061 ]', /certificate: is missing/],
    ['an unknown key', 'certificate: c\nfile: x', /^server\.yaml:2:7: file: is not a known key/],
    [
      'a port that is none',
      'certificate: c\nsip: [ udp:0.0.0.0:99999 ]',
      /^server\.yaml:2:8: sip\.0: has a port that is not/,
    ],
    ['an address that is none', 'certificate: c\nsip: [ udp:999.1.1.1:5060 ]', /sip\.0: has no IP address/],
    ['no transport', 'certificate: c\nsip: [ 0.0.0.0:5060 ]', /sip\.0: does not begin with a transport/],
    [
      'another protocol',
      'files: ftp:0.0.0.0:21',
      /^server\.yaml:1:8: files: does not begin with a protocol; write https:0/,
    ],
    ['another word', 'certificate: c\napprove: yes', /approve: is neither manual nor automatic; write one of them/],
    ['a URL with a path', 'certificate: c\nurl: https://x/y', /url: is no address like https/],
    ['a rate of none', 'certificate: c\nrate: 0', /^server\.yaml:2:7: rate: is no number of requests a second/],
    ['half of a publisher', 'publish: { server: "sip:x" }', /publish\.username: is missing/],
    [
      'a publisher at a user',
      'publish: { server: "sip:a@x", username: p, password: p, files: f, url: https://x }',
      /publish\.server: is no address like sip:boot/,
    ],
    ['no YAML', 'sip: [', /^server\.yaml:1:\d+: /],
  ])('%s', (_, text, said) => {
    const settings = readSettings(text);
    expect(Array.isArray(settings) ? settings.join('\n') : settings).toMatch(said);
  });
});

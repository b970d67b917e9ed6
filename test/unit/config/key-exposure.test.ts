// Keys of SRTP in the signalling (RFC 4568 §8.3): who is told that they go in the clear, and when.

import { describe, expect, it } from 'vitest';
import { describeKeysInTheClear } from '../../../src/config/index.ts';
import { parse, SMALL, warningsOf } from './support.ts';

function said(text: string): string | undefined {
  const { configuration, faults } = parse(text);
  if (configuration === undefined) throw new Error(JSON.stringify(faults));
  return describeKeysInTheClear(configuration);
}

const account = (...lines: readonly string[]): string =>
  SMALL.replace('  - uri: sip:door@example.com\n', `  - ${lines.join('\n    ')}\n`);

describe('keys in the clear', () => {
  it.each([
    ['the address of record', ['uri: sip:door@example.com'], 'sip:door@example.com'],
    [
      'the registrar',
      ['uri: sip:door@example.com', 'registrar: "sip:pbx.example.com;transport=tcp"'],
      'sip:pbx.example.com;transport=tcp',
    ],
    [
      'the proxy, whatever the registrar',
      ['uri: sips:door@example.com', 'registrar: "sip:pbx;transport=tls"', 'outboundProxy: "sip:edge;lr"'],
      'sip:edge;lr',
    ],
    ['phones that are called peer to peer', ['uri: sip:door@example.com', 'register: false'], 'sip:101@example.com'],
  ])('go to %s', (_, lines, place) => {
    expect(said(account(...lines))).toBe(`SRTP keys go in the clear to ${place}: whoever is on the way can listen`);
  });

  it.each([
    ['sips:', ['uri: sips:door@example.com']],
    ['TLS', ['uri: sip:door@example.com', 'registrar: "sip:pbx.example.com;transport=tls"']],
    [
      'TLS, in capitals and with more behind it',
      ['uri: sip:door@example.com', 'registrar: "sip:pbx;Transport=TLS;lr"'],
    ],
    ['a proxy by TLS', ['uri: sip:door@example.com', 'outboundProxy: "sip:edge;transport=tls;lr"']],
  ])('do not go by %s', (_, lines) => {
    expect(said(account(...lines))).toBeUndefined();
  });

  it('are none without SRTP, and none in DTLS', () => {
    expect(said(`${SMALL}media: { srtp: off }\n`)).toBeUndefined();
    expect(said(`${SMALL}media: { keying: [ dtls ] }\n`)).toBeUndefined();
    expect(said(`${SMALL}media: { keying: [ dtls, sdes ] }\n`)).toContain('in the clear');
  });

  it('are a warning of the file for who insists on encryption', () => {
    const text = `${SMALL}media: { srtp: required }\n`;
    expect(warningsOf(text)).toEqual([
      '8:16: media.srtp: SRTP keys go in the clear to sip:door@example.com: whoever is on ' +
        'the way can listen; write ;transport=tls behind these addresses',
    ]);
    expect(warningsOf(`${SMALL}media: { srtp: optional }\n`)).toEqual([]);
  });
});

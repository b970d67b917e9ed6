import { describe, expect, it } from 'vitest';
import { formatVia, parseVia } from '../../../../src/sip/message/index.ts';

function read(text: string) {
  const parsed = parseVia(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return { ...parsed.value, parameters: Object.fromEntries(parsed.value.parameters) };
}

describe('parseVia', () => {
  it('reads the examples of §20.42', () => {
    expect(read('SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7')).toEqual({
      protocol: 'udp',
      host: 'erlang.bell-telephone.com',
      port: 5060,
      branch: 'z9hG4bK87asdks7',
      parameters: { branch: 'z9hG4bK87asdks7' },
    });
    expect(read('SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207 ;branch=z9hG4bK77asjd')).toMatchObject({
      host: '192.0.2.1',
      parameters: { received: '192.0.2.207' },
    });
    expect(
      read('SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1'),
    ).toMatchObject({ protocol: 'udp', port: 4000, parameters: { ttl: '16', maddr: '224.2.0.1' } });
  });

  it('reads rport with and without a value (RFC 3581 §4)', () => {
    expect(read('SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff').parameters.rport).toBe(true);
    expect(
      read('SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff').parameters.rport,
    ).toBe('9988');
  });

  it('reads names of protocol and transport without case', () => {
    expect(read('sip/2.0/tls PC33.Atlanta.COM')).toMatchObject({
      protocol: 'tls',
      host: 'pc33.atlanta.com',
      branch: undefined,
    });
  });

  it.each(['SIP/2.0/UDP a, SIP/2.0/UDP b', 'SIP/2.0/UDP a;;rport', 'SIP/2.0/UDPx a', 'SIP/2.0/UDP', 'SIP/2.0 a', ''])(
    'refuses %j',
    (text) => {
      expect(parseVia(text)).toMatchObject({ ok: false, error: { code: 'bad-header', header: 'Via' } });
    },
  );
});

describe('formatVia', () => {
  it('writes what the transaction layer hands it', () => {
    expect(
      formatVia({
        protocol: 'udp',
        host: '2001:db8::9:1',
        port: 5060,
        branch: 'z9hG4bK1',
        parameters: new Map<string, string | true>([
          ['branch', 'z9hG4bK0'],
          ['rport', true],
        ]),
      }),
    ).toBe('SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bK1;rport');
    expect(formatVia({ protocol: 'tls', host: 'a.example', port: undefined })).toBe('SIP/2.0/TLS a.example');
  });
});

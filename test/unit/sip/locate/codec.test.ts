// Packets as dnsmasq 2.90 sent them, and packets as nobody should send them.

import { describe, expect, it } from 'vitest';
import { decodeResponse, encodeQuery, isDnsName } from '../../../../src/sip/locate/dns/codec.ts';

const NAPTR =
  '123485800001000300000000076578616d706c6503636f6d0000230001c00c002300010000001e0026006400320173075349502b443255' +
  '00045f736970045f756470076578616d706c6503636f6d00c00c002300010000001e0026005a00320173075349502b44325400045f7369' +
  '70045f746370076578616d706c6503636f6d00c00c002300010000001e002800320032017308534950532b44325400055f73697073045f' +
  '746370076578616d706c6503636f6d00';
const SRV =
  '123585800001000200000003045f736970045f756470076578616d706c6503636f6d0000210001c00c002100010000001e001b00000002' +
  '13c40773657276657232076578616d706c6503636f6d00c00c002100010000001e001b0000000113c40773657276657231076578616d70' +
  '6c6503636f6d00c060000100010000001e0004c0000201c060001c00010000001e001020010db8000000000000000000000001c0390001' +
  '00010000001e0004c0000202';
const ALIAS =
  '12378580000100020000000003777777076578616d706c6503636f6d0000010001c00c000500010000001e0015077365727665723107657861' +
  '6d706c6503636f6d00c02d000100010000001e0004c0000201';
const NO_SUCH_NAME = '123881830001000000000000066e6f626f6479076578616d706c6503636f6d0000010001';

const packet = (hex: string): Buffer => Buffer.from(hex, 'hex');

function read(hex: string) {
  const decoded = decodeResponse(packet(hex));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

describe('a response', () => {
  it('with NAPTR records', () => {
    const message = read(NAPTR);
    expect(message).toMatchObject({ id: 0x1234, rcode: 0, truncated: false, authoritative: true });
    expect(message.question).toEqual({ name: 'example.com', type: 'NAPTR' });
    expect(message.answers).toContainEqual({
      name: 'example.com',
      type: 'NAPTR',
      ttl: 30_000,
      order: 50,
      preference: 50,
      flags: 's',
      services: 'SIPS+D2T',
      regexp: '',
      replacement: '_sips._tcp.example.com',
    });
    expect(message.answers).toHaveLength(3);
  });

  it('with SRV records, and the addresses of their targets along with them', () => {
    const message = read(SRV);
    const name = '_sip._udp.example.com';
    expect(message.answers).toEqual([
      { name, type: 'SRV', ttl: 30_000, priority: 0, weight: 2, port: 5060, target: 'server2.example.com' },
      { name, type: 'SRV', ttl: 30_000, priority: 0, weight: 1, port: 5060, target: 'server1.example.com' },
    ]);
    expect(message.additionals).toEqual([
      { name: 'server1.example.com', type: 'A', ttl: 30_000, address: '192.0.2.1' },
      { name: 'server1.example.com', type: 'AAAA', ttl: 30_000, address: '2001:db8::1' },
      { name: 'server2.example.com', type: 'A', ttl: 30_000, address: '192.0.2.2' },
    ]);
  });

  it('with an alias', () => {
    expect(read(ALIAS).answers).toEqual([
      { name: 'www.example.com', type: 'CNAME', ttl: 30_000, target: 'server1.example.com' },
      { name: 'server1.example.com', type: 'A', ttl: 30_000, address: '192.0.2.1' },
    ]);
  });

  it('that there is no such name', () => {
    expect(read(NO_SUCH_NAME)).toMatchObject({ rcode: 3, answers: [], recursionAvailable: true });
  });

  it('whose TTL has its 32nd bit set is good for no time (RFC 2181 §8)', () => {
    expect(read(ALIAS.replaceAll('0000001e', '8000001e')).answers[0]?.ttl).toBe(0);
  });
});

describe('what is refused', () => {
  it.each([
    ['nothing', ''],
    ['half a header', '12348580'],
    ['a question', '123401000001000000000000076578616d706c6503636f6d0000230001'],
    ['a name that points to itself', '123485800001000000000000c00c00010001'],
    ['a name that points ahead', '123485800001000000000000c01200010001076578616d706c6500'],
    ['fewer records than are counted', `${NO_SUCH_NAME.slice(0, 12)}0009${NO_SUCH_NAME.slice(16)}`],
    ['65535 records of every kind', `12348580${'ffff'.repeat(4)}${NO_SUCH_NAME.slice(24)}`],
    ['a record without its end', ALIAS.slice(0, -6)],
  ])('%s', (_, hex) => {
    expect(decodeResponse(packet(hex)).ok).toBe(false);
  });
});

describe('a query', () => {
  it('asks for recursion, and says how much it can receive (RFC 6891 §6.1.2)', () => {
    const query = encodeQuery(0x1234, { name: 'example.com', type: 'NAPTR' }, true);
    // Header, QNAME, QTYPE 35, QCLASS 1; the root, OPT 41, 1232 octets, no flags, no options.
    expect(query.toString('hex')).toBe(
      '123401000001000000000001076578616d706c6503636f6d0000230001' + '00002904d0000000000000',
    );
  });

  it('is that of RFC 1035 where servers want no more', () => {
    expect(encodeQuery(1, { name: 'a.example', type: 'AAAA' }, false).toString('hex')).toBe(
      '0001010000010000000000000161076578616d706c6500001c0001',
    );
  });

  it.each([
    ['_sip._udp.example.com', true],
    ['a', true],
    [`${'a'.repeat(63)}.example`, true],
    [`${'a'.repeat(64)}.example`, false],
    ['a..example', false],
    ['.example', false],
    ['', false],
    ['exämple.com', false],
    [`${'abcdefg.'.repeat(32)}x`, false],
  ])('can be made for %s: %s', (name, possible) => {
    expect(isDnsName(name)).toBe(possible);
  });
});

import { describe, expect, it } from 'vitest';
import { bindingRequest, bindingResponse, isStun, parseStun } from '../../../../src/sip/transport/stun.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

// RFC 5769 §2.1, §2.2, §2.3.
const SAMPLE_REQUEST = hex(`
  00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74
  00240004 6e0001ff 80290008 932ff9b151263b36 00060009 6576746a3a68367659202020
  00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf`);
const IPV4_RESPONSE = hex(`
  0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
  00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`);
const IPV6_RESPONSE = hex(`
  01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
  00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
  00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c`);
const TRANSACTION = hex('b7e7a701bc34d686fa87dfae');

/** A message with these attributes. */
function message(type: string, attributes = ''): Buffer {
  const body = hex(attributes);
  return Buffer.concat([
    hex(type),
    Buffer.of(body.length >> 8, body.length & 0xff),
    hex('2112a442'),
    TRANSACTION,
    body,
  ]);
}

describe('reading STUN', () => {
  it('finds the mapped addresses of RFC 5769', () => {
    expect(parseStun(IPV4_RESPONSE)).toEqual({
      kind: 'success',
      transactionId: TRANSACTION,
      mapped: { address: '192.0.2.1', port: 32_853 },
      unknown: [],
    });
    expect(parseStun(IPV6_RESPONSE)?.mapped).toEqual({ address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
  });

  it('names what must be understood and is not: PRIORITY is ICE’s (RFC 8489 §6.3.1)', () => {
    expect(parseStun(SAMPLE_REQUEST)).toMatchObject({ kind: 'request', unknown: [0x0024] });
  });

  it.each([
    ['request', '0001'],
    ['indication', '0011'],
    ['success', '0101'],
    ['error', '0111'],
  ])('knows a Binding %s (RFC 8489 §5)', (kind, type) => {
    expect(parseStun(message(type))?.kind).toBe(kind);
  });

  it('takes MAPPED-ADDRESS where there is no other', () => {
    expect(parseStun(message('0101', '00010008 0001 1234 c0000201'))?.mapped).toEqual({
      address: '192.0.2.1',
      port: 0x1234,
    });
  });

  it.each([
    ['another method', message('0003')],
    ['a length that is too great', Buffer.concat([message('0001', '80220004 41414141').subarray(0, 24)])],
    ['octets behind the end', Buffer.concat([message('0001'), Buffer.alloc(4)])],
    ['a length that is no multiple of four', hex('00010002 2112a442 b7e7a701bc34d686fa87dfae 0000')],
    ['an attribute beyond the end', message('0001', '8022 0010 41414141')],
    ['a wrong fingerprint', Buffer.concat([IPV4_RESPONSE.subarray(0, -1), Buffer.of(0)])],
    ['a fingerprint that is not the last', message('0001', '80280004 00000000 80220004 41414141')],
    ['another cookie', hex('00010000 2112a443 b7e7a701bc34d686fa87dfae')],
    ['no header', hex('00010000 2112a442')],
    ['more than any Binding has', message('0001', `802207d0${'00'.repeat(2000)}`)],
  ])('refuses %s', (_, bytes) => {
    expect(parseStun(bytes)).toBeUndefined();
  });

  it.each([
    ['a family that is none', '00200008 0003a147e112a643'],
    ['an address that is too short', '00200006 0001a147e112 0000'],
    ['no address', '00200000'],
  ])('finds no address in %s', (_, attributes) => {
    expect(parseStun(message('0101', attributes))).toMatchObject({ mapped: undefined });
  });

  it('is not confused with SIP (RFC 5626 §8)', () => {
    expect(isStun(SAMPLE_REQUEST)).toBe(true);
    expect(isStun(Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n'))).toBe(false);
  });
});

describe('writing STUN', () => {
  it('asks with the header alone', () => {
    expect(bindingRequest(TRANSACTION).toString('hex')).toBe('000100002112a442b7e7a701bc34d686fa87dfae');
  });

  it.each([
    ['192.0.2.1', '0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643'],
    [
      '2001:db8:1234:5678:11:2233:4455:6677',
      '010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
    ],
    ['fe80::1%eth0', '010100182112a442b7e7a701bc34d686fa87dfae002000140002a147df92a442b7e7a701bc34d686fa87dfaf'],
  ])('answers with where it came from, %s, as RFC 5769 writes it', (address, expected) => {
    const request = parseStun(bindingRequest(TRANSACTION));
    if (request === undefined) throw new Error('unreadable');
    expect(bindingResponse(request, { address, port: 32_853 })?.toString('hex')).toBe(expected);
  });

  it('answers 420 to what it does not understand, with no more octets than came', () => {
    const request = parseStun(SAMPLE_REQUEST);
    if (request === undefined) throw new Error('unreadable');
    const answer = bindingResponse(request, { address: '192.0.2.1', port: 1 }) ?? Buffer.alloc(0);
    expect(answer.toString('hex')).toBe(
      '011100102112a442b7e7a701bc34d686fa87dfae' + '0009000400000414' + '000a000200240000',
    );
    expect(parseStun(answer)?.kind).toBe('error');
  });
});

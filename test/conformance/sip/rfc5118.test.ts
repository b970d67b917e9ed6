// The IPv6 torture tests of RFC 5118, as its appendix A has them. That archive was packed with line feeds for line ends,
// two messages in it lack the empty line behind the headers that its text shows, and one counts its body wrong: these
// faults of packing are mended here, each by name, and nothing else.

import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../src/sdp/index.ts';
import {
  createResponse,
  parseMessage,
  parseUri,
  receivedAddress,
  type SipMessage,
  type SipRequest,
  serialize,
} from '../../../src/sip/message/index.ts';
import { messagesOf } from './message-archive.ts';

const archive = messagesOf(5118);

/** §4.10: their headers end with the archive's file. */
const WITHOUT_EMPTY_LINE = ['ipv6-bug-abnf-3-colons', 'ipv6-correct-abnf-2-colons'];
/** §4.6 counts 268 octets of body and prints 251. */
const MISCOUNTED = 'ipv6-in-sdp';

function bytesOf(name: string): Buffer {
  const packed = archive.get(name);
  if (packed === undefined) throw new Error(`RFC 5118 has no message ${name}`);
  const text = packed.toString('latin1').replace(/\r?\n/g, '\r\n');
  const counted = name === MISCOUNTED ? text.replace('Content-Length: 268', 'Content-Length: 251') : text;
  return Buffer.from(WITHOUT_EMPTY_LINE.includes(name) ? `${counted}\r\n` : counted, 'latin1');
}

function valid(name: string): SipRequest {
  const parsed = parseMessage(bytesOf(name));
  if (!parsed.ok) throw new Error(`${name}: ${parsed.error.code}: ${parsed.error.message}`);
  if (parsed.value.kind !== 'request') throw new Error(`${name} is no request`);
  return parsed.value;
}

const hostOf = (uri: string): unknown => {
  const parsed = parseUri(uri);
  return parsed.ok ? [parsed.value.host, parsed.value.port] : parsed.error.code;
};

function contactHost(message: SipMessage): unknown {
  const contacts = message.addresses('Contact');
  return contacts.ok ? hostOf(contacts.value[0]?.uri ?? '') : contacts.error.code;
}

describe('RFC 5118 §4', () => {
  it('has twelve messages', () => {
    expect(archive.size).toBe(12);
  });

  it('4.1 ipv6-good: references in Request-URI, Via and Contact', () => {
    const message = valid('ipv6-good');
    expect(hostOf(message.requestUri)).toEqual(['2001:db8::10', undefined]);
    expect(message.topVia).toMatchObject({ host: '2001:db8::9:1', branch: 'z9hG4bKas3-111' });
    expect(contactHost(message)).toEqual(['2001:db8::1', undefined]);
  });

  it('4.2 ipv6-bad: without brackets it is no SIP URI', () => {
    expect(hostOf(valid('ipv6-bad').requestUri)).toBe('uri');
  });

  it('4.3 port-ambiguous: what stands inside the brackets is address', () => {
    expect(hostOf(valid('port-ambiguous').requestUri)).toEqual(['2001:db8::10:5070', undefined]);
  });

  it('4.4 port-unambiguous', () => {
    expect(hostOf(valid('port-unambiguous').requestUri)).toEqual(['2001:db8::10', 5070]);
  });

  it.each(['via-received-param-with-delim', 'via-received-param-no-delim'])('4.5 %s: received is read', (name) => {
    const message = valid(name);
    expect(receivedAddress(message.topVia)).toBe('2001:db8::9:255');
    expect(parseMessage(serialize(createResponse(message, 481)))).toMatchObject({ ok: true });
  });

  it('4.6 ipv6-in-sdp', () => {
    const description = parseSdp(valid('ipv6-in-sdp').body);
    expect(description).toMatchObject({
      ok: true,
      value: {
        origin: { addressType: 'IP6', address: '2001:db8::20' },
        connection: { networkType: 'IN', addressType: 'IP6', address: '2001:db8::20' },
        media: [{ media: 'audio' }, { media: 'video' }],
      },
    });
  });

  it('4.6 ipv6-in-sdp as it was packed: fewer octets came than it counts', () => {
    const packed = archive.get(MISCOUNTED)?.toString('latin1').replace(/\r?\n/g, '\r\n') ?? '';
    expect(parseMessage(Buffer.from(packed, 'latin1'))).toMatchObject({
      ok: false,
      error: { code: 'content-length', reply: { method: 'INVITE' } },
    });
  });

  it('4.7 mult-ip-in-header: both families in one list of Via', () => {
    const message = valid('mult-ip-in-header');
    expect(message.topVia).toMatchObject({ host: '2001:db8::9:1', port: 6050 });
    expect(message.headers.list('Via')).toHaveLength(3);
  });

  it('4.8 mult-ip-in-sdp: each line has an address of its own', () => {
    const description = parseSdp(valid('mult-ip-in-sdp').body);
    expect(description.ok && description.value.media.map(({ connections }) => connections[0]?.address)).toEqual([
      '192.0.2.1',
      '2001:db8::1',
    ]);
  });

  it('4.9 ipv4-mapped-ipv6: in Via, Contact and description', () => {
    const message = valid('ipv4-mapped-ipv6');
    expect(message.topVia).toMatchObject({ host: '::ffff:192.0.2.10', port: 19_823 });
    expect(contactHost(message)).toEqual(['::ffff:192.0.2.2', undefined]);
    expect(parseSdp(message.body)).toMatchObject({ ok: true, value: { connection: { address: '::ffff:192.0.2.2' } } });
  });

  it.each(WITHOUT_EMPTY_LINE)('4.10 %s: one colon too many is passed over', (name) => {
    const message = valid(name);
    expect(hostOf(message.requestUri)).toEqual(['2001:db8::192.0.2.1', undefined]);
    expect(hostOf(message.to.uri)).toEqual(['2001:db8::192.0.2.1', undefined]);
  });
});

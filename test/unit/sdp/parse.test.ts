import { describe, expect, it } from 'vitest';
import { parseSdp, type SessionDescription, writeSdp } from '../../../src/sdp/index.ts';

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

function parse(source: string | Buffer): SessionDescription {
  const parsed = parseSdp(source);
  if (!parsed.ok) throw new Error(`${parsed.error.code} in line ${parsed.error.line}: ${parsed.error.message}`);
  return parsed.value;
}

/** RFC 8866 §5, its example. */
const seminar = [
  'v=0',
  'o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1',
  's=Call to John Smith',
  'i=SDP Offer #1',
  'u=http://www.jdoe.example.com/home.html',
  'e=Jane Doe <jane@jdoe.example.com>',
  'p=+1 617 555-6011',
  'c=IN IP4 198.51.100.1',
  't=0 0',
  'm=audio 49170 RTP/AVP 0',
  'm=audio 49180 RTP/AVP 0',
  'm=video 51372 RTP/AVP 99',
  'c=IN IP6 2001:db8::2',
  'a=rtpmap:99 h263-1998/90000',
];

const small = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', 'm=audio 4000 RTP/AVP 8'];
const changed = (index: number, line: string): string => text(small.with(index, line));

describe('parseSdp', () => {
  it('reads the example of RFC 8866 §5', () => {
    const { media, ...session } = parse(text(seminar));
    expect(session).toEqual({
      origin: {
        username: 'jdoe',
        sessionId: '3724394400',
        sessionVersion: '3724394405',
        networkType: 'IN',
        addressType: 'IP4',
        address: '198.51.100.1',
      },
      sessionName: 'Call to John Smith',
      information: 'SDP Offer #1',
      uri: 'http://www.jdoe.example.com/home.html',
      emails: ['Jane Doe <jane@jdoe.example.com>'],
      phones: ['+1 617 555-6011'],
      connection: { networkType: 'IN', addressType: 'IP4', address: '198.51.100.1' },
      bandwidths: [],
      times: [{ start: '0', stop: '0', repeats: [] }],
      timeZones: undefined,
      key: undefined,
      attributes: [],
    });
    expect(media.map(({ media: kind, port, formats }) => [kind, port, formats])).toEqual([
      ['audio', 49170, ['0']],
      ['audio', 49180, ['0']],
      ['video', 51372, ['99']],
    ]);
    expect(media[2]).toMatchObject({
      connections: [{ networkType: 'IN', addressType: 'IP6', address: '2001:db8::2' }],
      attributes: [{ name: 'rtpmap', value: '99 h263-1998/90000' }],
    });
  });

  it('reads the lines that an audio door never sends (RFC 8866 §5.8–5.14)', () => {
    const session = parse(
      text([
        'v=0',
        'o=jdoe 2890844526 2890842807 IN IP4 10.47.16.5',
        's=SDP Seminar',
        'c=IN IP4 233.252.0.1/127/3',
        'b=AS:128',
        'b=X-YZ:64',
        't=3034423619 3042462419',
        'r=604800 3600 0 90000',
        'r=7d 1h 0 25h',
        'z=2882844526 -1h 2898848070 0',
        'k=prompt',
        'a=recvonly',
        'a=tool:x:y',
        'm=video 49170/2 RTP/AVP 31 32',
        'i=front',
        'c=IN IP4 233.252.0.2/127',
        'c=IN IP4 233.252.0.3/127',
        'b=TIAS:64000',
        'k=base64:AAAA',
        'a=orient:portrait',
      ]),
    );
    expect(session).toMatchObject({
      connection: { address: '233.252.0.1/127/3' },
      bandwidths: [
        { type: 'AS', value: '128' },
        { type: 'X-YZ', value: '64' },
      ],
      times: [{ start: '3034423619', stop: '3042462419', repeats: ['604800 3600 0 90000', '7d 1h 0 25h'] }],
      timeZones: '2882844526 -1h 2898848070 0',
      key: 'prompt',
      attributes: [
        { name: 'recvonly', value: undefined },
        { name: 'tool', value: 'x:y' },
      ],
      media: [
        { portCount: 2, information: 'front', bandwidths: [{ type: 'TIAS', value: '64000' }], key: 'base64:AAAA' },
      ],
    });
    expect(session.media[0]?.connections).toHaveLength(2);
  });

  it('reads line feeds alone, blank ends, octets in UTF-8', () => {
    expect(parse(`${small.join('\n')}\n\n\r\n`).media).toHaveLength(1);
    expect(parse(small.join('\r\n')).media).toHaveLength(1);
    expect(parse(Buffer.from(changed(2, 's=Tür'))).sessionName).toBe('Tür');
  });

  it('forgives what is left out or stands elsewhere without doubt', () => {
    expect(parse(text(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 8'])).sessionName).toBe('-');
    expect(parse(text(['v=0', 't=0 0', 's=-', 'a=x', 'o=- 1 1 IN IP4 192.0.2.1'])).attributes).toHaveLength(1);
    expect(parse(changed(1, 'o=Some Phone 12 13 IN IP4 192.0.2.1')).origin).toMatchObject({
      username: 'Some Phone',
      sessionId: '12',
    });
  });

  it.each([
    ['', 'empty', 0],
    ['\r\n\n', 'empty', 0],
    [changed(0, 'v=1'), 'version', 1],
    [text(small.slice(1)), 'line', 1],
    ['{"sdp":1}', 'line', 1],
    [text(['v=0', 's=-']), 'missing', 0],
    [text([...small, 'nonsense']), 'line', 6],
    [text([...small.slice(0, 3), '', ...small.slice(3)]), 'line', 4],
    [changed(2, 's=a\0b'), 'line', 3],
    [changed(2, 's=a\rb'), 'line', 3],
    [text([...small, 'x=unknown type']), 'field', 6],
    [text([...small, 't=0 0']), 'field', 6],
    [changed(1, 'o=- one 1 IN IP4 192.0.2.1'), 'field', 2],
    [changed(1, 'o=- 1 1 IN IP4'), 'field', 2],
    [changed(3, 't=now 0'), 'field', 4],
    [changed(3, 'r=7d 1h 0'), 'field', 4],
    [changed(3, 'c=IN IP4'), 'field', 4],
    [changed(3, 'c=IN IP4 192.0.2.1 192.0.2.2'), 'field', 4],
    [changed(3, 'b=AS'), 'field', 4],
    [changed(3, 'a='), 'field', 4],
    [changed(3, 's=again'), 'duplicate', 4],
    [changed(3, 'o=- 1 1 IN IP4 192.0.2.1'), 'duplicate', 4],
    [changed(4, 'm=audio 4000 RTP/AVP'), 'field', 5],
    [changed(4, 'm=audio 65536 RTP/AVP 8'), 'field', 5],
    [changed(4, 'm=audio -1 RTP/AVP 8'), 'field', 5],
    [changed(4, 'm=audio $ RTP/AVP 8'), 'field', 5],
    [text([...small, ...Array.from({ length: 1000 }, () => 'a=x')]), 'too-many-lines', 1000],
    [`${text(small)}a=${'x'.repeat(70_000)}`, 'too-long', 0],
  ])('refuses %j: %s in line %i', (source, code, line) => {
    expect(parseSdp(source)).toMatchObject({ ok: false, error: { code, line } });
  });

  it('quotes nothing of the text in its error: it may hold keys', () => {
    const parsed = parseSdp(text([...small, 'k clear:hunter2']));
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});

describe('writeSdp', () => {
  it('writes what it read, line by line', () => {
    expect(writeSdp(parse(text(seminar)))).toBe(text(seminar));
  });

  it('puts lines into the order of RFC 8866 §5', () => {
    const mixed = ['v=0', 't=0 0', 'a=x', 'o=- 1 1 IN IP4 192.0.2.1', 'b=AS:1', 'c=IN IP4 192.0.2.1', 's=n', 'i=d'];
    const order = writeSdp(parse(text(mixed))).replace(/=.*\r\n/g, '');
    expect(order).toBe('vosicbta');
  });

  it('writes s=- for an empty name, which has to be one character at least (§5.3)', () => {
    expect(writeSdp(parse(changed(2, 's=')))).toContain('\r\ns=-\r\n');
  });

  it('lets no value begin a line of its own', () => {
    const session = parse(text(small));
    const written = writeSdp({ ...session, sessionName: 'a\r\nm=audio 1 RTP/AVP 0\n\0' });
    expect(written).toContain('\r\ns=a m=audio 1 RTP/AVP 0 \r\n');
    expect(parse(written).media).toHaveLength(1);
  });
});

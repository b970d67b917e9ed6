import { describe, expect, it } from 'vitest';
import { parseMessage, readBodyParts, type SipMessage } from '../../../../src/sip/message/index.ts';
import { messagesOf } from '../../../conformance/sip/message-archive.ts';

function message(contentType: string, body: string): SipMessage {
  const text = [
    'INVITE sip:door@192.0.2.9 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKm',
    'From: <sip:a@192.0.2.1>;tag=1',
    'To: <sip:door@192.0.2.9>',
    'Call-ID: m',
    'CSeq: 1 INVITE',
    `Content-Type: ${contentType}`,
    '',
    body,
  ].join('\r\n');
  const parsed = parseMessage(Buffer.from(text));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const understands = (type: string): boolean => type === 'application/sdp';

/** Type and content of every part; the code where it cannot be read. */
function read(contentType: string, body: string): unknown {
  const parts = readBodyParts(message(contentType, body), understands);
  return parts.ok
    ? parts.value.map((part) => [part.contentType, part.data.toString()])
    : [parts.error.code, parts.error.header];
}

const lines = (...texts: string[]): string => texts.join('\r\n');

describe('readBodyParts', () => {
  it('gives a body that is no multipart as the only part, and nothing for an empty one', () => {
    expect(read('application/SDP;charset=utf-8', 'v=0\r\n')).toEqual([['application/sdp', 'v=0\r\n']]);
    expect(read('application/sdp', '')).toEqual([]);
  });

  it('reads the parts between preamble and epilogue (RFC 2046 §5.1.1)', () => {
    const body = lines(
      'This is a preamble, to be ignored.',
      '--simple boundary',
      '',
      'no header, so text/plain; no line end at its end',
      '--simple boundary  ',
      'Content-Type: application/sdp',
      '',
      'v=0',
      '',
      '--simple boundary--',
      'This is the epilogue.',
    );
    expect(read('multipart/mixed; boundary="simple boundary"', body)).toEqual([
      ['text/plain', 'no header, so text/plain; no line end at its end'],
      ['application/sdp', 'v=0\r\n'],
    ]);
  });

  it('takes line feeds alone, a missing last delimiter and compact names, as gateways write them', () => {
    const body =
      '--b\nc: application/sdp\n\nv=0\n--b\ncontent-type : application/isup;version=itu-t92+\nContent-Disposition:\n signal;handling=optional\n\nxyz';
    const parts = readBodyParts(message('multipart/mixed;boundary=b', body), understands);
    expect(parts.ok && parts.value).toMatchObject([
      { contentType: 'application/sdp', disposition: undefined, handling: undefined },
      { contentType: 'application/isup', disposition: 'signal', handling: 'optional' },
    ]);
    expect(parts.ok && parts.value[0]?.data.toString()).toBe('v=0');
  });

  it('a delimiter counts at the beginning of a line and alone in it', () => {
    const body = lines('--b', 'Content-Type: application/sdp', '', 's=--b', '--bb', '--b--');
    expect(read('multipart/mixed;boundary=b', body)).toEqual([['application/sdp', 's=--b\r\n--bb']]);
  });

  it('of alternatives takes the last that is understood, else the first (RFC 2046 §5.1.4)', () => {
    const part = (type: string, text: string): string => lines('--b', `Content-Type: ${type}`, '', text, '');
    const both = `${part('text/plain', 'old')}${part('application/sdp', 'v=0')}${part('application/new', 'x')}--b--`;
    expect(read('multipart/alternative;boundary=b', both)).toEqual([['application/sdp', 'v=0']]);
    const none = `${part('text/plain', 'old')}${part('application/new', 'x')}--b--`;
    expect(read('multipart/alternative;boundary=b', none)).toEqual([['text/plain', 'old']]);
  });

  it('reads parts within parts, and no deeper than anybody nests them', () => {
    const nest = (depth: number): string =>
      depth === 0
        ? lines('Content-Type: application/sdp', '', 'v=0')
        : lines(
            `Content-Type: multipart/mixed;boundary=b${depth}`,
            '',
            `--b${depth}`,
            nest(depth - 1),
            `--b${depth}--`,
          );
    const nested = (depth: number): unknown =>
      read('multipart/mixed;boundary=outer', lines('--outer', nest(depth), '--outer--'));
    expect(nested(3)).toEqual([['application/sdp', 'v=0']]);
    expect(nested(4)).toEqual(['nested-too-deep', 'Content-Type']);
  });

  it('undoes base64', () => {
    const body = lines(
      '--b',
      'Content-Type: application/sdp',
      'Content-Transfer-Encoding: base64',
      '',
      'dj0w',
      '--b--',
    );
    expect(read('multipart/mixed;boundary=b', body)).toEqual([['application/sdp', 'v=0']]);
  });

  it.each([
    ['no boundary', 'multipart/mixed', '--b\r\n\r\nx\r\n--b--', 'multipart'],
    ['a boundary that is longer than any may be', `multipart/mixed;boundary=${'b'.repeat(71)}`, 'x', 'multipart'],
    ['a boundary that the body does not have', 'multipart/mixed;boundary=b', 'v=0', 'multipart'],
    ['a quoted string without end', 'multipart/mixed;boundary="b', '--b\r\n\r\nx\r\n--b--', 'multipart'],
    ['too many parts', 'multipart/mixed;boundary=b', `${'--b\r\n\r\nx\r\n'.repeat(17)}--b--`, 'too-many-parts'],
    [
      'too many header fields in a part',
      'multipart/mixed;boundary=b',
      `--b\r\n${'X: y\r\n'.repeat(33)}\r\nx\r\n--b--`,
      'too-many-headers',
    ],
    [
      'a header field of a part that is too long',
      'multipart/mixed;boundary=b',
      `--b\r\nX: ${'y'.repeat(3000)}\r\n\r\nx\r\n--b--`,
      'line-too-long',
    ],
    [
      'too many parameters of a type',
      `multipart/mixed${Array.from({ length: 20 }, (_, at) => `;p${at}=1`).join('')};boundary=b`,
      '--b\r\n\r\nx\r\n--b--',
      'too-many-parameters',
    ],
  ])('refuses %s by its own code', (_, contentType, body, code) => {
    expect(read(contentType, body)).toEqual([code, 'Content-Type']);
  });

  it('counts the parts of all levels together', () => {
    const inner = (at: number): string =>
      lines(
        `Content-Type: multipart/mixed;boundary=i${at}`,
        '',
        ...Array.from({ length: 6 }, () => `--i${at}\r\n\r\nx`),
        `--i${at}--`,
      );
    const body = lines(...[1, 2, 3].map((at) => `--b\r\n${inner(at)}`), '--b--');
    expect(read('multipart/mixed;boundary=b', body)).toEqual(['too-many-parts', 'Content-Type']);
  });

  it('RFC 4475 §3.1.1.11: both parts of a signed message, whatever octets they have', () => {
    const parsed = parseMessage(Buffer.from(messagesOf(4475).get('mpart01') ?? ''));
    if (!parsed.ok) throw new Error(parsed.error.message);
    const parts = readBodyParts(parsed.value, understands);
    expect(parts.ok && parts.value.map(({ contentType }) => contentType)).toEqual([
      'text/plain',
      'application/octet-stream',
    ]);
    expect(parts.ok && parts.value[0]?.data.toString()).toBe('Hello');
    expect(parts.ok && parts.value[1]?.data.length).toBeGreaterThan(100);
  });
});

import { describe, expect, it } from 'vitest';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import { type Frame, StreamFramer } from '../../../../src/sip/transport/stream-framer.ts';
import { incoming } from '../../../support/sip-messages.ts';

const text = (frame: Frame): string => {
  switch (frame.kind) {
    case 'message':
      return frame.bytes.toString('latin1');
    case 'lineEnd':
      return 'CRLF';
    case 'fault':
      return `fault: ${frame.fault}`;
  }
};

/** What comes of a stream that arrives in these pieces. */
function framesOf(...pieces: readonly (string | Buffer)[]): string[] {
  const framer = new StreamFramer();
  return pieces.flatMap((piece) => framer.push(Buffer.from(piece)).map(text));
}

const options = serialize(incoming('OPTIONS')).toString('latin1');
const invite = 'INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c\r\nl: 9\r\nX: y\r\n\r\n12\r\n\r\n789';
const ringing = serialize(createResponse(incoming('INVITE'), 180)).toString('latin1');

describe('StreamFramer', () => {
  it('gives messages and line ends in order, as many as one piece holds (§18.3, §7.5)', () => {
    const stream = `\r\n\r\n${options}${invite}\r\n${ringing}`;
    expect(framesOf(stream)).toEqual(['CRLF', 'CRLF', options, invite, 'CRLF', ringing]);
  });

  it('gives the same whichever two pieces the stream comes in', () => {
    const stream = `${options}\r\n\r\n${invite}${ringing}\r\n`;
    const expected = [options, 'CRLF', 'CRLF', invite, ringing, 'CRLF'];
    for (let at = 0; at <= stream.length; at += 1) {
      expect(framesOf(stream.slice(0, at), stream.slice(at)), `cut at ${at}`).toEqual(expected);
    }
  });

  it('gives the same octet by octet, and knows when something is unfinished', () => {
    const stream = `\r\n${options}${invite}`;
    const framer = new StreamFramer();
    const frames: string[] = [];
    for (const [at, octet] of [...stream].entries()) {
      frames.push(...framer.push(Buffer.from(octet)).map(text));
      const complete = [2, 2 + options.length, stream.length].includes(at + 1);
      expect(framer.pending, `behind octet ${at}`).toBe(!complete);
    }
    expect(frames).toEqual(['CRLF', options, invite]);
  });

  it('gives each message bytes of its own', () => {
    const framer = new StreamFramer();
    const arrived = Buffer.from(options + invite);
    const frames = framer.push(arrived);
    arrived.fill(0);
    expect(frames.map(text)).toEqual([options, invite]);
  });

  it.each([
    ['Content-Length: 3'],
    ['content-length:3'],
    ['CONTENT-LENGTH \t:  003  '],
    ['l: 3'],
    ['L:3'],
    ['Content-Length:\r\n 3'],
  ])('reads the length from %j (§7.3.1, §7.3.3)', (header) => {
    const message = `OPTIONS sip:a@b SIP/2.0\r\n${header}\r\n\r\nabc`;
    expect(framesOf(`${message}${options}`)).toEqual([message, options]);
  });

  it('takes no other header for the length', () => {
    const message = 'OPTIONS sip:a@b SIP/2.0\r\nX-Content-Length: 5\r\nSubject: l: 7\r\n l: 8\r\nl: 1\r\n\r\nx';
    expect(framesOf(message + options)).toEqual([message, options]);
  });

  it.each([
    ['no length', 'OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n\r\n', 'noLength'],
    ['a length that is no number', 'OPTIONS sip:a@b SIP/2.0\r\nl: -1\r\n\r\n', 'badLength'],
    ['a length with a sign', 'OPTIONS sip:a@b SIP/2.0\r\nl: +1\r\n\r\n', 'badLength'],
    ['an empty length', 'OPTIONS sip:a@b SIP/2.0\r\nl:\r\n\r\n', 'badLength'],
    ['two lengths', 'OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\nx', 'badLength'],
    ['a body beyond all limits', 'OPTIONS sip:a@b SIP/2.0\r\nl: 65536\r\n\r\n', 'bodyTooLong'],
    ['a length beyond all numbers', `OPTIONS sip:a@b SIP/2.0\r\nl: ${'9'.repeat(400)}\r\n\r\n`, 'badLength'],
    ['a head without end', `OPTIONS sip:a@b SIP/2.0\r\nX: ${'y'.repeat(33_000)}`, 'headTooLong'],
    ['a head that is too long', `OPTIONS sip:a@b SIP/2.0\r\nX: ${'y'.repeat(33_000)}\r\nl: 0\r\n\r\n`, 'headTooLong'],
    ['a start line without end', `OPTIONS sip:${'a'.repeat(33_000)}`, 'headTooLong'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n', 'notSip'],
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), 'notSip'],
    ['a zero octet', Buffer.from([0]), 'notSip'],
    ['CR without LF', '\rOPTIONS', 'notSip'],
    ['a line feed alone', '\n', 'notSip'],
  ])('%s ends the framing', (_, stream, fault) => {
    const framer = new StreamFramer();
    expect(framer.push(Buffer.from(stream)).map(text)).toEqual([`fault: ${fault}`]);
    expect(framer.push(Buffer.from(options))).toEqual([]);
    expect(framer.pending).toBe(false);
  });

  it('gives the head with a fault, so that it can be answered', () => {
    const head = 'OPTIONS sip:a@b SIP/2.0\r\nl: 99999\r\n\r\n';
    const [frame] = new StreamFramer().push(Buffer.from(`${head}body`));
    expect(frame?.kind === 'fault' ? frame.head?.toString() : undefined).toBe(head);
  });

  it('takes a message as large as a datagram can be', () => {
    const head = 'OPTIONS sip:a@b SIP/2.0\r\nl: 65000\r\n\r\n';
    const message = head + 'x'.repeat(65_000);
    const pieces = message.match(/[\s\S]{1,1400}/g) ?? [];
    expect(framesOf(...pieces, options)).toEqual([message, options]);
  });
});

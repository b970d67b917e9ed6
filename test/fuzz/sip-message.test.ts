// Whatever comes to the SIP port is read or refused: it never throws, never takes long, and what was accepted keeps the
// promises of src/sip/message/types.ts.

import { describe, expect, it } from 'vitest';
import {
  createResponse,
  formatUri,
  parseAuthHeader,
  parseMessage,
  parseNameAddress,
  parseUri,
  parseVia,
  readBodyParts,
  type SipMessage,
  serialize,
  urisEqual,
} from '../../src/sip/message/index.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fuzz, fuzzSeconds, mutate } from './mutations.ts';
import { requestsTo, tortures } from './sip-corpus.ts';

const corpus = [...tortures(), ...requestsTo('10.0.0.9:5060', '10.0.0.1:5060')];

const timeout = 60_000 + fuzzSeconds * 2000;

/** Reads all that can be asked of a message. */
function readAll(message: SipMessage): void {
  const fields = [...message.headers.entries()];
  for (const name of new Set(fields.map(([each]) => each))) {
    message.headers.list(name);
    message.integer(name);
  }
  for (const [, value] of fields) {
    parseAuthHeader(value);
    parseUri(value);
  }
  readBodyParts(message, (type) => type === 'application/sdp');
  for (const header of ['Contact', 'Route', 'Record-Route'] as const) message.addresses(header);
  for (const party of [message.from, message.to]) parseUri(party.uri);
  expect(message.contentType ?? '').toBe((message.contentType ?? '').toLowerCase());
}

/** The identity of a message: what responses and transactions are matched by. */
const identity = ({ topVia, callId, cseq, from }: SipMessage) => ({
  via: [topVia.protocol, topVia.host, topVia.port, topVia.branch],
  callId,
  cseq,
  from: [from.uri, from.parameters.get('tag')],
});

/** What was accepted, and the response to it, must read the same when it has been written. */
function checkAccepted(message: SipMessage): void {
  readAll(message);
  const again = parseMessage(serialize(message));
  if (!again.ok) throw new Error(`written, it is refused: ${again.error.code}: ${again.error.message}`);
  expect(identity(again.value)).toEqual(identity(message));
  expect(again.value.body.equals(message.body)).toBe(true);
  if (message.kind === 'request') checkAnswerable(message);
}

function checkAnswerable(request: Extract<SipMessage, { kind: 'request' }>): void {
  const response = parseMessage(serialize(createResponse(request, 400)));
  if (!response.ok) throw new Error(`the response is refused: ${response.error.code}: ${response.error.message}`);
  expect(identity(response.value)).toEqual(identity(request));
  expect(response.value.toTag).toBeDefined();
}

function check(bytes: Buffer): boolean {
  const parsed = parseMessage(bytes);
  if (parsed.ok) checkAccepted(parsed.value);
  else {
    expect(parsed.error.offset).toBeGreaterThanOrEqual(0);
    expect(parsed.error.offset).toBeLessThanOrEqual(bytes.length);
    if (parsed.error.reply !== undefined) checkAnswerable(parsed.error.reply);
  }
  return parsed.ok;
}

describe('parseMessage', () => {
  it(
    'refuses random octets',
    () => {
      const random = new SeededRandom(1);
      fuzz(() => {
        expect(check(random.bytes(Math.floor(random.uniform() * 300)))).toBe(false);
      });
    },
    timeout,
  );

  it(
    'survives mutated messages',
    () => {
      const random = new SeededRandom(2);
      let accepted = 0;
      const rounds = fuzz(() => {
        if (check(mutate(corpus, random))) accepted += 1;
      });
      // Both sides are exercised: a corpus that is always refused would test little.
      expect(accepted).toBeGreaterThan(rounds / 20);
      expect(accepted).toBeLessThan(rounds);
    },
    timeout,
  );

  it(
    'survives every truncation of every message',
    () => {
      for (const message of tortures())
        for (let length = 0; length <= message.length; length += 1) check(message.subarray(0, length));
    },
    timeout,
  );

  /** Messages of the largest size that a datagram has, made to cost as much as they can. */
  const repeated = (part: string): string => part.repeat(Math.floor(64_000 / part.length));
  const head =
    'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n';
  it.each([
    ['parameters', `${head}To: <sip:a@b>${repeated(';a=b')}`],
    ['different parameters', `${head}To: <sip:a@b>${Array.from({ length: 9000 }, (_, at) => `;p${at}`).join('')}`],
    ['list elements', `${head}To: <sip:a@b>\r\nContact: ${repeated('<sip:a@b>,')}`],
    ['commas', `${head}To: <sip:a@b>\r\nRoute: ${repeated(',')}`],
    ['open quotes', `${head}To: ${repeated('"')}`],
    ['escapes', `${head}To: "${repeated('\\"')}`],
    ['open brackets', `${head}To: ${repeated('<')}`],
    ['white space', `${head}To: <sip:a@b>${repeated(' ')};x`],
    ['folded lines', `${head}To:${repeated('\r\n ')}<sip:a@b>`],
    ['headers', `${head}To: <sip:a@b>\r\n${repeated('X: y\r\n')}`],
    ['Vias', `${repeated('Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n')}${head}`],
    ['a name without colon', `${head}${repeated('x')}`],
    ['line feeds', repeated('\n')],
    ['line ends', repeated('\r\n')],
    ['digits', `${head}To: <sip:a@b>\r\nContent-Length: ${repeated('9')}`],
    ['colons', `${head.replace('UDP a', `UDP [${repeated(':')}]`)}To: <sip:a@b>`],
    ['a Request-URI', `OPTIONS sip:${repeated('a')} SIP/2.0\r\n`],
  ])('takes bounded time over 64 kB of %s', (_, text) => {
    const bytes = Buffer.from(`${text}\r\n\r\n`);
    for (const limits of [{}, { lineLength: 65_535, headerCount: 65_535, parameterCount: 65_535 }]) {
      const start = process.cpuUsage();
      const parsed = parseMessage(bytes, limits);
      if (parsed.ok) readAll(parsed.value);
      const milliseconds = process.cpuUsage(start).user / 1000;
      // Linear work takes a few milliseconds; quadratic work over 64 kB takes seconds.
      expect(milliseconds).toBeLessThan(500);
    }
  });
});

describe('the readers of values', () => {
  const values = corpus
    .flatMap((bytes) => bytes.toString('latin1').split('\r\n'))
    .map((line) => Buffer.from(line.replace(/^[^:]*:\s*/, '')));

  it(
    'never throw, and read what they write',
    () => {
      const random = new SeededRandom(3);
      fuzz(() => {
        const text = mutate(values, random).toString('utf8');
        parseVia(text);
        parseNameAddress(text);
        parseAuthHeader(text);
        const uri = parseUri(text);
        if (!uri.ok) return;
        const again = parseUri(formatUri(uri.value));
        expect(again.ok && urisEqual(again.value, uri.value)).toBe(true);
      });
    },
    timeout,
  );
});

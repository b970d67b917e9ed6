// What reads streams and STUN: it never throws, keeps its bounds, and a stream means the same however TCP cuts it.

import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/sip/message/index.ts';
import { type Frame, StreamFramer } from '../../src/sip/transport/stream-framer.ts';
import { bindingRequest, bindingResponse, parseStun } from '../../src/sip/transport/stun.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fuzz, fuzzSeconds, mutate } from './mutations.ts';
import { requestsTo, tortures } from './sip-corpus.ts';

const timeout = 60_000 + fuzzSeconds * 2000;

const messages = [
  ...tortures(),
  ...requestsTo('10.0.0.9:5060', '10.0.0.1:5060'),
  Buffer.from('\r\n'),
  Buffer.from('\r\n\r\n'),
];

const describeFrame = (frame: Frame): string => {
  if (frame.kind === 'message') return frame.bytes.toString('latin1');
  return frame.kind === 'lineEnd' ? 'CRLF' : `fault ${frame.fault} ${frame.head?.toString('latin1') ?? ''}`;
};

/** Cuts a stream into random pieces: mostly small ones, for what goes wrong goes wrong at an edge. */
function pieces(stream: Buffer, random: SeededRandom): Buffer[] {
  const cut: Buffer[] = [];
  const largest = [1, 3, 40, 1400][Math.floor(random.uniform() * 4)] ?? 1;
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + Math.floor(random.uniform() * largest);
    cut.push(Buffer.from(stream.subarray(at, end)));
    at = end;
  }
  return cut;
}

describe('StreamFramer', () => {
  it(
    'finds the same in any pieces, and hands out what the parser reads the same way',
    () => {
      const random = new SeededRandom(31);
      let found = 0;
      const rounds = fuzz(() => {
        const stream = Buffer.concat(Array.from({ length: 3 }, () => mutate(messages, random)));
        const whole = new StreamFramer().push(stream);
        const framer = new StreamFramer();
        const cut = pieces(stream, random).flatMap((piece) => framer.push(piece));
        expect(cut.map(describeFrame)).toEqual(whole.map(describeFrame));
        for (const frame of whole) {
          if (frame.kind !== 'message') continue;
          found += 1;
          const parsed = parseMessage(frame.bytes);
          if (!parsed.ok) continue;
          const head = frame.bytes.indexOf('\r\n\r\n') + 4;
          expect(parsed.value.body.length).toBe(frame.bytes.length - head);
        }
      });
      expect(found).toBeGreaterThan(rounds / 4);
    },
    timeout,
  );

  it(
    'holds no more than one message, whatever comes',
    () => {
      const random = new SeededRandom(32);
      const framer = new StreamFramer();
      const head = Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n');
      expect(framer.push(head)).toEqual([]);
      let fault: Frame | undefined;
      let bytes = head.length;
      while (fault === undefined && bytes < 100_000) {
        const line = Buffer.from(`X: ${'y'.repeat(Math.floor(random.uniform() * 900))}\r\n`);
        bytes += line.length;
        fault = framer.push(line)[0];
      }
      expect(fault).toMatchObject({ kind: 'fault', fault: 'headTooLong' });
      expect(bytes).toBeLessThan(34_000);
    },
    timeout,
  );
});

describe('STUN', () => {
  const samples = [
    bindingRequest(Buffer.alloc(12, 7)),
    ...['192.0.2.1', '2001:db8::1'].flatMap(
      (address) =>
        bindingResponse(
          { kind: 'request', transactionId: Buffer.alloc(12, 9), mapped: undefined, unknown: [] },
          { address, port: 5060 },
        ) ?? [],
    ),
    Buffer.from('000100142112a442b7e7a701bc34d686fa87dfae0024000400000001802200030102030080280004e57a3bcf', 'hex'),
  ];

  it(
    'is read or refused, and what was read can be answered',
    () => {
      const random = new SeededRandom(33);
      let read = 0;
      fuzz(() => {
        const message = parseStun(mutate(samples, random));
        if (message === undefined) return;
        read += 1;
        expect(message.transactionId).toHaveLength(12);
        const answer = bindingResponse(message, { address: '192.0.2.7', port: 1024 });
        const again = answer && parseStun(answer);
        expect(again?.transactionId.equals(message.transactionId)).toBe(true);
        if (message.unknown.length === 0) expect(again?.mapped).toEqual({ address: '192.0.2.7', port: 1024 });
        else expect(again?.kind).toBe('error');
      });
      expect(read).toBeGreaterThan(100);
    },
    timeout,
  );
});

// Whatever comes to a user agent, it goes on: nothing throws, what it sends is SIP, its memory stays where it was, and the
// next call is taken. Once in memory, with time under control and over many messages; once at real ports.

import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/base/clock.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { SipAgent } from '../../src/sip/agent/sip-agent.ts';
import type { Session } from '../../src/sip/session/types.ts';
import { NodeDatagramNetwork, NodeStreamNetwork } from '../../src/sip/transport/index.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { answer, type Bench, bench, DOOR, PHONE, peerAccount } from '../support/sip-bench.ts';
import { bindUdp } from '../support/udp-socket.ts';
import { fuzzSeconds, mutate } from './mutations.ts';
import { requestsTo, tortures } from './sip-corpus.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** How often the answer to an INVITE is a call, and how that call goes on: by chance, as people do. */
function answerAtRandom(session: Session, random: SeededRandom): void {
  const chance = random.uniform();
  session.on('negotiation', (negotiation) =>
    random.uniform() < 0.5 ? negotiation.accept(answer) : negotiation.reject({ status: 488 }),
  );
  if (chance < 0.3) session.ring();
  if (chance < 0.6) session.accept(answer);
  if (chance > 0.4) session.hangup();
}

/** A call from PHONE to the end. */
function callThrough({ agent, phone, clock }: Bench, callId: string): void {
  let session: Session | undefined;
  const stop = agent.on('invite', (incoming) => {
    session = incoming;
  });
  const uri = `sip:door@${DOOR.address}`;
  const dialog = { uri, from: '<sip:101@x>;tag=caller', callId };
  phone.send(
    phone.make('INVITE', { ...dialog, to: `<${uri}>`, sequence: 1, headers: [['Contact', phone.contact]] }),
    DOOR,
  );
  clock.advance(1);
  session?.accept(answer);
  clock.advance(1);
  const to = phone.response('INVITE').headers.get('To') ?? '';
  phone.send(phone.make('ACK', { ...dialog, to, sequence: 1 }), DOOR);
  clock.advance(1);
  phone.send(phone.make('BYE', { ...dialog, to, sequence: 2 }), DOOR);
  clock.advance(1);
  stop();
  expect(phone.response('INVITE').callId).toBe(callId);
  expect(phone.response('INVITE').status).toBe(200);
  expect(phone.statuses('BYE').at(-1)).toBe(200);
}

/** Messages that the heap must bear without growing. */
const MESSAGES = 100_000;
const WARM_UP = 30_000;
/** What the garbage collector leaves lying about, and V8's own tables: far below a byte for each message. */
const SLACK_BYTES = 3_000_000;
/** Longer than any transaction lives. */
const QUIET_MS = 120_000;

describe('the agent under mutated messages', () => {
  it(`bears ${MESSAGES} of them: no fault, no leak, and the next call works`, async () => {
    const made = await bench();
    const { agent, clock, network, phone, log } = made;
    const random = new SeededRandom(5);
    const corpus = [...requestsTo('10.0.0.9:5060', `${PHONE}:5060`), ...tortures()];
    const unhook = agent.on('invite', (session) => answerAtRandom(session, random));
    let heapBefore = 0;
    const forget = (): void => {
      for (const list of [network.sent, phone.received, made.calls, made.refusals, log.lines]) list.length = 0;
    };
    const faults = (): unknown[] =>
      log.lines.filter(({ event }) => /handler-failed|timer-failed|user-failed/.test(event));
    for (let index = 0; index < MESSAGES; index += 1) {
      // Every fourth as it is: mutations alone would seldom get beyond the first check.
      const bytes = index % 4 === 0 ? Buffer.from(corpus[index % corpus.length] ?? '') : mutate(corpus, random);
      phone.sendBytes(bytes, DOOR);
      if (index % 20 === 19) clock.advance(40);
      if (index % 1000 === 999) {
        expect(faults()).toEqual([]);
        forget();
      }
      if (index === WARM_UP) {
        clock.advance(QUIET_MS);
        forget();
        collectGarbage();
        heapBefore = process.memoryUsage().heapUsed;
      }
    }
    clock.advance(QUIET_MS);
    unhook();
    expect(faults()).toEqual([]);
    forget();
    collectGarbage();
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(SLACK_BYTES);
    callThrough(made, 'after-the-storm');
  }, 300_000);
});

describe('real ports', () => {
  it(
    'take mutated messages by UDP and by TCP, however cut, and then a call',
    async () => {
      const log = new RecordingLog();
      const agent = new SipAgent({
        clock: new SystemClock(),
        random: new SystemRandom(),
        log,
        network: new NodeDatagramNetwork(),
        streams: new NodeStreamNetwork({}, new SystemClock()),
        listen: [
          { protocol: 'udp', address: '127.0.0.1', port: 0 },
          { protocol: 'tcp', address: '127.0.0.1', port: 0 },
        ],
        accounts: [{ ...peerAccount, uri: 'sip:door@127.0.0.1' }],
        admit: () => undefined,
        resolve: () => Promise.reject(new Error('no resolver')),
        userAgent: 'doorphone/test',
      });
      const random = new SeededRandom(6);
      agent.on('invite', (session) => {
        if (session.id === 'after') session.accept(answer);
        else answerAtRandom(session, random);
      });
      await agent.start();
      const ports = new Map(agent.listening.map(({ protocol, port }) => [protocol, port]));
      const udp = await bindUdp('127.0.0.1');
      const peer = `127.0.0.1:${udp.address().port}`;
      const target = `127.0.0.1:${ports.get('udp')}`;
      const corpus = [...requestsTo(target, peer), ...tortures()];
      const streamCorpus = [...requestsTo(target, peer, 'TCP'), ...tortures()];
      const end = process.hrtime.bigint() + BigInt(fuzzSeconds * 1e9);
      for (let round = 0; round < 60 || process.hrtime.bigint() < end; round += 1) {
        for (let at = 0; at < 10; at += 1) udp.send(mutate(corpus, random), ports.get('udp') ?? 0, '127.0.0.1');
        await stream(ports.get('tcp') ?? 0, mutate(streamCorpus, random), 1 + Math.floor(random.uniform() * 400));
      }
      // Another phone's: of the one that sent all this the agent may take no calls for a while (503, Retry-After).
      const other = await bindUdp('127.0.0.2');
      const statuses: string[] = [];
      other.on('message', (bytes) => {
        const text = bytes.toString('latin1');
        if (/^(Call-ID|i): *after\r$/im.test(text)) statuses.push(text.slice(8, 11));
      });
      const invite = requestsTo(target, `127.0.0.2:${other.address().port}`)[3]
        ?.toString()
        .replace(/fuzz-3/, 'after')
        .replace(/z9hG4bKfuzz3/, 'z9hG4bKafter');
      other.send(invite ?? '', ports.get('udp') ?? 0, '127.0.0.1');
      while (!statuses.includes('200')) await new Promise((turn) => setTimeout(turn, 10));
      expect(log.lines.filter(({ event }) => /handler-failed|timer-failed|user-failed/.test(event))).toEqual([]);
      await agent.stop();
      udp.close();
      other.close();
    },
    60_000 + fuzzSeconds * 2000,
  );
});

/** One connection that brings some octets in pieces and goes away. */
async function stream(port: number, bytes: Buffer, piece: number): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  await new Promise<void>((done) => {
    socket.on('error', () => done());
    socket.on('close', () => done());
    socket.on('data', () => undefined);
    socket.on('connect', () => {
      for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece));
      socket.end();
      setTimeout(() => socket.destroy(), 20);
    });
  });
}

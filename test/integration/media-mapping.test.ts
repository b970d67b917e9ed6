// The engine's sessions and a STUN server on this machine whose messages are made by the SIP stack's own codec, in another
// language than the engine's.

import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/base/clock.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { seconds } from '../../src/base/units.ts';
import {
  MappedPorts,
  type MappingAnswer,
  type MediaSession,
  type NativeEngine,
  openEngine,
} from '../../src/media/index.ts';
import { bindingResponse, parseStun } from '../../src/sip/transport/stun.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { bindUdp } from '../support/udp-socket.ts';

const OUTSIDE = { address: '203.0.113.7', port: 40_000 };
const PORTS = { first: 41_000, last: 41_100 };

let server: Socket;
let engine: NativeEngine;

beforeEach(async () => {
  server = await bindUdp('127.0.0.1');
  engine = openEngine(
    { device: { kind: 'virtual' }, ports: PORTS, speaker: 80, microphone: 80 },
    { log: new RecordingLog() },
  );
});

afterEach(() => {
  engine.close();
  server.close();
});

function open(): { session: MediaSession; place: { address: string; port: number } } {
  const session = engine.openSession({ address: '127.0.0.1', silenceAfter: seconds(3) });
  return { session, place: { address: '127.0.0.1', port: server.address().port } };
}

/** The next datagram at the server, read; `answer` says where it came from. */
async function hear() {
  const [bytes, from]: [Buffer, { port: number }] = await once(server, 'message').then(([one, two]) => [one, two]);
  const message = parseStun(bytes);
  if (message === undefined) throw new Error('that was no STUN');
  const answer = (): void => {
    const response = bindingResponse(message, OUTSIDE);
    if (response !== undefined) server.send(response, from.port, '127.0.0.1');
  };
  return { message, from, answer };
}

async function taken(session: MediaSession): Promise<MappingAnswer> {
  for (;;) {
    const answer = session.takeMapping();
    if (answer !== undefined) return answer;
    await new Promise((done) => setImmediate(done));
  }
}

describe('a session', () => {
  it.each(['rtp', 'rtcp'] as const)('is told where its %s socket is seen', async (component) => {
    const { session, place } = open();
    const heard = hear();
    const request = session.askMapping(component, place);
    const { message, from, answer } = await heard;
    expect(message.kind).toBe('request');
    expect(from.port).toBe(session.localPort + (component === 'rtp' ? 0 : 1));
    expect(session.takeMapping()).toBeUndefined();
    answer();
    expect(await taken(session)).toEqual({ request, mapped: OUTSIDE });
  });

  it('keeps its mapping by indications, and refuses addresses that it cannot ask', async () => {
    const { session, place } = open();
    const heard = hear();
    session.keepMapping('rtp', place);
    expect((await heard).message.kind).toBe('indication');
    expect(() => session.askMapping('rtp', { address: '::1', port: 3478 })).toThrow(
      expect.objectContaining({ code: 'bad-address' }),
    );
    session.endMapping();
    session.close();
    expect(() => session.takeMapping()).toThrow(expect.objectContaining({ code: 'no-session' }));
  });
});

describe('ports of a call', () => {
  it('are mapped ahead of it', async () => {
    const place = { address: '127.0.0.1', port: server.address().port };
    const ports = new MappedPorts({
      clock: new SystemClock(),
      random: new SystemRandom(),
      log: new RecordingLog(),
      engine,
      silenceAfter: seconds(3),
      findServers: (found) => found([place]),
      localAddress: () => '127.0.0.1',
      troubled: () => undefined,
    });
    server.on('message', (bytes, { port }) => {
      const message = parseStun(bytes);
      const response = message && bindingResponse(message, { ...OUTSIDE, port: port + 1000 });
      if (response !== undefined) server.send(response, port, '127.0.0.1');
    });
    ports.start();
    const path = { local: '127.0.0.1', remote: '198.51.100.9' };
    await new Promise<void>((ready) => setImmediate(() => ports.prepare(path, ready)));
    const { media, mapped } = ports.open(path, seconds(3));
    const { localPort } = media;
    expect(mapped).toEqual({
      rtp: { ...OUTSIDE, port: localPort + 1000 },
      rtcp: { ...OUTSIDE, port: localPort + 1001 },
    });
    expect(ports.address).toBe(OUTSIDE.address);
    media.close();
    ports.stop();
  });
});

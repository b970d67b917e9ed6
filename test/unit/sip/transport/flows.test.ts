import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import {
  type DatagramSocket,
  type Flow,
  type StreamSocket,
  TransportLayer,
} from '../../../../src/sip/transport/index.ts';
import { bindingRequest, bindingResponse, parseStun } from '../../../../src/sip/transport/stun.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming } from '../../../support/sip-messages.ts';

const door = '192.0.2.9';
const proxy = '192.0.2.1';
const tcp: Endpoint = { protocol: 'tcp', address: proxy, port: 5060 };
const udp: Endpoint = { protocol: 'udp', address: proxy, port: 5060 };

let clock = new FakeClock();
let network = new MemoryNetwork(clock);
let streams = new MemoryStreams(clock);
let strangers = new Set<string>();
let layer: TransportLayer;
let told: string[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  network = new MemoryNetwork(clock);
  streams = new MemoryStreams(clock);
  strangers = new Set();
  told = [];
  layer = new TransportLayer({
    clock,
    random: new SeededRandom(5),
    log: new RecordingLog(),
    network: network.host(door),
    streams: streams.host(door),
    receive: () => undefined,
    mayReply: ({ address }) => !strangers.has(address),
  });
  await layer.listen([{ protocol: 'udp', address: door, port: 5060 }]);
});

function flowTo(target: Endpoint): Flow {
  const flow = layer.flow(target, {
    opened: () => told.push(`opened ${flow.id}`),
    failed: ({ code }) => told.push(`failed ${flow.id} ${code}`),
  });
  return flow;
}

/** A server for TCP that answers pings as long as it is told to. */
async function streamServer(): Promise<{ answers: boolean; readonly pings: number[]; socket?: StreamSocket }> {
  const server: { answers: boolean; pings: number[]; socket?: StreamSocket } = { answers: true, pings: [] };
  await streams.host(proxy).listen(tcp, (socket) => {
    server.socket = socket;
    const nothing = (): void => undefined;
    return {
      reached: nothing,
      opened: nothing,
      drained: nothing,
      closed: nothing,
      data: (bytes) => {
        if (bytes.toString() !== '\r\n\r\n') return;
        server.pings.push(clock.now());
        if (server.answers) socket.write(Buffer.from('\r\n'));
      },
    };
  });
  return server;
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - (times[index] ?? 0));

describe('a flow over TCP', () => {
  it('opens a connection, tells of it, and keeps it however long it is silent', async () => {
    await streamServer();
    const flow = flowTo(tcp);
    expect([flow.open, flow.local]).toEqual([false, undefined]);
    clock.advance(0);
    expect(told).toEqual(['opened 1']);
    expect(flow.local?.address).toBe(door);
    clock.advance(3600_000);
    expect(flow.open).toBe(true);
    flow.close();
    clock.advance(601_000);
    expect(layer.connections.opened).toBe(0);
    expect(told).toEqual(['opened 1']);
  });

  it('shares the connection with what goes there, and with other flows', async () => {
    await streamServer();
    const [first, second] = [flowTo(tcp), flowTo(tcp)];
    clock.advance(0);
    const third = flowTo(tcp);
    expect(told).toEqual(['opened 1', 'opened 2']);
    clock.advance(0);
    expect(told).toEqual(['opened 1', 'opened 2', 'opened 3']);
    expect(layer.connections.opened).toBe(1);
    first.close();
    second.close();
    clock.advance(3600_000);
    expect(third.open).toBe(true);
  });

  it('pings in times of its own between 95 and 120 s (§4.4.1)', async () => {
    const server = await streamServer();
    const flow = flowTo(tcp);
    flow.keepAlive();
    clock.advance(3600_000);
    const times = gaps(server.pings);
    expect(times.length).toBeGreaterThan(25);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(95_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(120_000);
    expect(new Set(times.map(Math.round)).size).toBeGreaterThan(10);
    expect(flow.open).toBe(true);
  });

  it('pings as often as Flow-Timer asks, and a little more often (§4.4); the same time again changes nothing', async () => {
    const server = await streamServer();
    const flow = flowTo(tcp);
    flow.keepAlive();
    clock.advance(1000);
    for (let at = 0; at < 100; at += 1) {
      flow.keepAlive(seconds(20));
      clock.advance(5000);
    }
    const times = gaps(server.pings);
    expect(times.length).toBeGreaterThan(20);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(16_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(20_000);
  });

  it('fails when a ping is not answered within 10 s, and so does its connection', async () => {
    const server = await streamServer();
    flowTo(tcp).keepAlive(seconds(30));
    clock.advance(31_000);
    expect(server.pings).toHaveLength(1);
    server.answers = false;
    while (server.pings.length < 2) clock.advance(1);
    clock.advance(9999);
    expect(told).toEqual(['opened 1']);
    clock.advance(1);
    expect(told).toEqual(['opened 1', 'failed 1 no-pong']);
    expect(layer.connections.opened).toBe(0);
    expect(clock.timers).toEqual([]);
  });

  it('waits for the end of a message that is arriving when the 10 s are over (§4.4.1)', async () => {
    const server = await streamServer();
    flowTo(tcp).keepAlive(seconds(30));
    server.answers = false;
    while (server.pings.length < 1) clock.advance(1);
    clock.advance(9500);
    server.socket?.write(Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n'));
    clock.advance(600);
    expect(told).toEqual(['opened 1']);
    server.socket?.write(Buffer.from('l: 0\r\n\r\n\r\n'));
    clock.advance(1000);
    expect(told).toEqual(['opened 1']);
  });

  it('fails when its connection breaks, or never opens', async () => {
    flowTo(tcp);
    clock.advance(0);
    expect(told).toEqual(['failed 1 ECONNREFUSED']);
    const server = await streamServer();
    const flow = flowTo(tcp);
    clock.advance(0);
    server.socket?.cut();
    clock.advance(0);
    expect(told.slice(1)).toEqual(['opened 2', 'failed 2 ECONNRESET']);
    expect(flow.open).toBe(false);
    flow.close();
    expect(clock.timers).toEqual([]);
  });

  it('ends in silence with the layer', async () => {
    await streamServer();
    flowTo(tcp).keepAlive();
    clock.advance(0);
    layer.close();
    flowTo(tcp);
    clock.advance(10_000);
    expect(told).toEqual(['opened 1', 'failed 2 no-socket']);
    expect(clock.timers).toEqual([]);
  });
});

describe('a flow over UDP', () => {
  /** A server that answers STUN with what `see` makes of the request. */
  async function stunServer(see: (bytes: Buffer) => Buffer | undefined, address = proxy): Promise<number[]> {
    const requests: number[] = [];
    const socket = await network.host(address).bind(address, 5060);
    socket.onMessage((bytes, from, port) => {
      requests.push(clock.now());
      const answer = see(bytes);
      if (answer !== undefined) socket.send(answer, port, from, () => undefined);
    });
    return requests;
  }

  const seenAt =
    (address: string, port: number) =>
    (bytes: Buffer): Buffer | undefined => {
      const request = parseStun(bytes);
      return request && bindingResponse(request, { address, port });
    };

  it('is there at once, sends nothing unasked, and asks every 24 to 29 s where it may (§4.4.2, §8)', async () => {
    const requests = await stunServer(seenAt('203.0.113.7', 6000));
    const flow = flowTo(udp);
    expect(flow.open).toBe(true);
    expect(flow.local).toEqual({ address: door, port: 5060 });
    clock.advance(100_000);
    expect(told).toEqual(['opened 1']);
    expect(requests).toEqual([]);
    flow.keepAlive();
    clock.advance(600_000);
    const times = gaps(requests);
    expect(times.length).toBeGreaterThan(18);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(24_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(29_000);
    expect(flow.mapped).toEqual({ address: '203.0.113.7', port: 6000 });
    flow.close();
    expect(clock.timers).toEqual([]);
  });

  it('fails after seven requests without an answer (RFC 8489 §6.2.1)', async () => {
    const requests = await stunServer(() => undefined);
    flowTo(udp).keepAlive(seconds(30));
    while (requests.length < 1) clock.advance(1);
    clock.advance(39_499);
    expect(gaps(requests)).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
    expect(told).toEqual(['opened 1']);
    clock.advance(1);
    expect(told).toEqual(['opened 1', 'failed 1 stun-unanswered']);
    expect(clock.timers).toEqual([]);
  });

  it('outlives lost answers', async () => {
    let asked = 0;
    const requests = await stunServer((bytes) => {
      asked += 1;
      return asked % 3 === 0 ? seenAt('203.0.113.7', 6000)(bytes) : undefined;
    });
    flowTo(udp).keepAlive(seconds(30));
    clock.advance(300_000);
    expect(requests.length).toBeGreaterThan(24);
    expect(told).toEqual(['opened 1']);
  });

  it('fails when a NAT has changed where the server sees us (§4.4.2)', async () => {
    let port = 6000;
    await stunServer((bytes) => seenAt('203.0.113.7', port)(bytes));
    flowTo(udp).keepAlive(seconds(30));
    clock.advance(31_000);
    port = 6001;
    clock.advance(30_000);
    expect(told).toEqual(['opened 1', 'failed 1 mapping-changed']);
  });

  it('fails when the server refuses', async () => {
    await stunServer((bytes) => {
      const request = parseStun(bytes);
      return request && bindingResponse({ ...request, unknown: [0x24] }, { address: door, port: 1 });
    });
    flowTo(udp).keepAlive(seconds(30));
    clock.advance(31_000);
    expect(told).toEqual(['opened 1', 'failed 1 stun-refused']);
  });

  it('believes nobody but the server, and nothing but the answer to what was asked', async () => {
    let asked: Buffer = Buffer.alloc(0);
    await stunServer((bytes) => {
      asked = bytes;
      return seenAt('203.0.113.66', 1)(bindingRequest(Buffer.alloc(12)));
    });
    const forger = await network.host('203.0.113.66').bind('203.0.113.66', 5060);
    const flow = flowTo(udp);
    flow.keepAlive(seconds(30));
    while (asked.length === 0) clock.advance(1);
    forger.send(seenAt('203.0.113.66', 1)(asked) ?? asked, 5060, door, () => undefined);
    clock.advance(100);
    expect(flow.mapped).toBeUndefined();
  });

  it('fails at once when the system says that nobody is there', () => {
    network.conditions = { refusal: true };
    flowTo(udp).keepAlive(seconds(30));
    clock.advance(31_000);
    expect(told).toEqual(['opened 1', 'failed 1 ECONNREFUSED']);
  });

  it('cannot be without a socket of its family', () => {
    flowTo({ ...udp, address: '2001:db8::1' });
    clock.advance(0);
    expect(told).toEqual(['failed 1 no-socket']);
  });
});

describe('STUN requests of peers (§8)', () => {
  async function ask(from: string, times = 1): Promise<Buffer[]> {
    const got: Buffer[] = [];
    const socket: DatagramSocket = await network.host(from).bind(from, 5062);
    socket.onMessage((bytes) => got.push(bytes));
    for (let count = 0; count < times; count += 1) {
      socket.send(bindingRequest(Buffer.alloc(12, count)), 5060, door, () => undefined);
    }
    clock.advance(0);
    return got;
  }

  it('are answered with where they came from', async () => {
    const [answer = Buffer.alloc(0)] = await ask(proxy);
    expect(parseStun(answer)).toMatchObject({ kind: 'success', mapped: { address: proxy, port: 5062 } });
    expect(layer.counters.notSip).toBe(0);
  });

  it('are answered to nobody who is not spoken with, and not without bounds', async () => {
    strangers.add('203.0.113.66');
    expect(await ask('203.0.113.66')).toEqual([]);
    expect(await ask(proxy, 100)).toHaveLength(20);
  });
});

describe('where a peer sees us', () => {
  it('is learnt from the Via of its responses (RFC 3581 §4), until the network changes', async () => {
    const socket = await network.host(proxy).bind(proxy, 5060);
    const { host, port } = layer.via(udp);
    const respond = (parameters: string): void => {
      const via = `SIP/2.0/UDP ${host}:${port};branch=z9hG4bKx${parameters}`;
      socket.send(serialize(createResponse(incoming('OPTIONS', { via }), 200)), 5060, door, () => undefined);
      clock.advance(0);
    };
    expect(layer.seenBy(udp)).toBeUndefined();
    respond(';received=203.0.113.7;rport=6000');
    expect(layer.seenBy(udp)).toEqual({ address: '203.0.113.7', port: 6000 });
    respond(';received=nonsense;rport=99999');
    expect(layer.seenBy(udp)).toEqual({ address: '203.0.113.7', port: 6000 });
    respond(';rport');
    expect(layer.seenBy(udp)).toEqual({ address: door, port: 5060 });
    layer.networkChanged();
    expect(layer.seenBy(udp)).toBeUndefined();
  });
});

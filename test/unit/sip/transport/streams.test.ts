import { beforeEach, describe, expect, it } from 'vitest';
import { copyRequest, createResponse, parseMessage, serialize } from '../../../../src/sip/message/index.ts';
import type { Endpoint, SipMessage, SipRequest } from '../../../../src/sip/message/types.ts';
import type { StreamEvents, StreamSocket } from '../../../../src/sip/transport/index.ts';
import { TransportLayer } from '../../../../src/sip/transport/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { type MemoryStreamHost, MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming, outgoing } from '../../../support/sip-messages.ts';

const door = '192.0.2.9';
const phone = '192.0.2.1';
const tcp = (address: string, port = 5060): Endpoint => ({ protocol: 'tcp', address, port });
const tls = (address: string, port = 5061): Endpoint => ({ protocol: 'tls', address, port });

let clock = new FakeClock();
let streams = new MemoryStreams(clock);
let log = new RecordingLog();
let received: { readonly message: SipMessage; readonly source: Endpoint }[] = [];
let strangers = new Set<string>();
let here = streams.host(door);
let layer: TransportLayer;

beforeEach(async () => {
  clock = new FakeClock();
  streams = new MemoryStreams(clock);
  log = new RecordingLog();
  received = [];
  strangers = new Set();
  here = streams.host(door);
  layer = new TransportLayer({
    clock,
    random: new SeededRandom(1),
    log,
    network: new MemoryNetwork(clock).host(door),
    streams: here,
    receive: (message, source) => received.push({ message, source }),
    mayReply: ({ address }) => !strangers.has(address),
  });
  await layer.listen([{ protocol: 'udp', address: door, port: 5060 }, tcp(door)]);
});

/** A peer that keeps what it hears, and answers when it is told to. */
class Peer {
  readonly got: string[] = [];
  /** Its ends of connections, newest last. */
  readonly sockets: StreamSocket[] = [];
  closed = 0;
  readonly host: MemoryStreamHost;

  constructor(address: string) {
    this.host = streams.host(address);
  }

  async listen(port = 5060): Promise<this> {
    await this.host.listen(tcp(this.host.address, port), (socket) => this.#take(socket));
    return this;
  }

  connect(): this {
    const socket = this.host.connect(tcp(door), {}, this.#events());
    this.sockets.push(socket);
    clock.advance(0);
    return this;
  }

  send(bytes: Buffer | string): void {
    this.sockets.at(-1)?.write(Buffer.from(bytes));
    clock.advance(0);
  }

  #take(socket: StreamSocket): StreamEvents {
    this.sockets.push(socket);
    return this.#events();
  }

  #events(): StreamEvents {
    const nothing = (): void => undefined;
    return {
      reached: nothing,
      opened: nothing,
      drained: nothing,
      data: (bytes: Buffer) => this.got.push(bytes.toString('latin1')),
      closed: () => {
        this.closed += 1;
      },
    };
  }
}

const viaOf = (protocol: string, host = phone): string => `SIP/2.0/${protocol} ${host}:5060;branch=z9hG4bKpeer`;
const request = (method: string, branch = 'z9hG4bKours'): SipRequest =>
  copyRequest(outgoing(method), 'Via', `SIP/2.0/TCP ${door}:5060;branch=${branch}`);

/** The answer of a peer to what it got. */
function answer(text: string, status: number): Buffer {
  const parsed = parseMessage(Buffer.from(text, 'latin1'));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('no request');
  return serialize(createResponse(parsed.value, status));
}

function send(message: SipMessage, target: Endpoint): string[] {
  const failures: string[] = [];
  layer.send(message, target, ({ code }) => failures.push(code));
  return failures;
}

describe('a request over TCP', () => {
  it('opens a connection, and the next one goes by the same (§18)', async () => {
    const peer = await new Peer(phone).listen();
    layer.via(tcp(phone));
    send(request('OPTIONS', 'z9hG4bK1'), tcp(phone));
    send(request('OPTIONS', 'z9hG4bK2'), tcp(phone));
    clock.advance(0);
    send(request('OPTIONS', 'z9hG4bK3'), tcp(phone));
    clock.advance(0);
    expect(streams.asked).toEqual([tcp(phone)]);
    expect(peer.got).toHaveLength(3);
    peer.send(answer(peer.got[0] ?? '', 200));
    expect(received).toHaveLength(1);
    expect(received[0]?.source).toEqual(tcp(phone));
  });

  it('has its own listener in Via (§18.1.1)', () => {
    expect(layer.via(tcp(phone))).toEqual({ protocol: 'tcp', host: door, port: 5060 });
  });

  it('without a listener has the port that the connection will come from in Via', async () => {
    await new Peer(phone).listen();
    const own = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: new MemoryNetwork(clock).host(door),
      streams: here,
      receive: () => undefined,
    });
    await own.listen([{ protocol: 'udp', address: door, port: 5060 }]);
    const { port } = own.via(tcp(phone));
    expect(own.via(tcp(phone)).port).toBe(port);
    own.send(request('OPTIONS'), tcp(phone), () => undefined);
    clock.advance(0);
    expect(here.sockets.at(-1)?.local.port).toBe(port);
    expect(own.via(tcp(phone)).port).toBe(port);
    here.sockets.at(-1)?.fail({ code: 'ECONNRESET', message: 'broken' });
    // Each connection has a port of its own: the old one may still be waited for by the peer.
    expect(own.via(tcp(phone)).port).not.toBe(port);
  });

  it('takes another port when the one in Via is used by somebody else', async () => {
    await new Peer(phone).listen();
    const { port } = layer.via(tls(phone));
    expect(port).toBeGreaterThan(60_999);
    const failures = send(request('OPTIONS'), tls(phone));
    here.sockets.at(-1)?.fail({ code: 'EADDRINUSE', message: 'in use' });
    clock.advance(0);
    expect(here.sockets.map(({ local }) => local.port === port)).toEqual([true, false]);
    expect(failures).toEqual(['ECONNREFUSED']);
  });

  it('that is refused fails at once', () => {
    const failures = send(request('OPTIONS'), tcp(phone));
    expect(failures).toEqual([]);
    clock.advance(0);
    expect(failures).toEqual(['ECONNREFUSED']);
    expect(layer.connections).toEqual({ accepted: 0, opened: 0 });
  });

  it('to a machine that says nothing fails within 2 s', () => {
    streams.silent.add(phone);
    const failures = [send(request('OPTIONS', 'z9hG4bK1'), tcp(phone)), send(request('BYE', 'z9hG4bK2'), tcp(phone))];
    clock.advance(1999);
    expect(failures.flat()).toEqual([]);
    clock.advance(1);
    expect(failures).toEqual([['connection-timeout'], ['connection-timeout']]);
  });

  it('that was not answered fails when its connection breaks (§18.4); an answered one does not', async () => {
    const peer = await new Peer(phone).listen();
    layer.via(tcp(phone));
    const failures = ['OPTIONS', 'INVITE', 'BYE', 'ACK'].map((method) => send(request(method), tcp(phone)));
    clock.advance(0);
    peer.send(answer(peer.got[0] ?? '', 200));
    peer.send(answer(peer.got[1] ?? '', 180));
    here.sockets[0]?.fail({ code: 'ECONNRESET', message: 'broken' });
    clock.advance(0);
    expect(failures).toEqual([[], [], ['ECONNRESET'], []]);
  });

  it('goes by a new connection when the one that was there turns out to be dead (RFC 5923 §8.1)', async () => {
    const peer = await new Peer(phone).listen();
    layer.via(tcp(phone));
    send(request('OPTIONS', 'z9hG4bK1'), tcp(phone));
    clock.advance(0);
    peer.send(answer(peer.got[0] ?? '', 200));
    // The peer starts afresh and knows nothing of the connection.
    peer.host.sockets[0]?.vanish();
    const failures = send(request('INVITE', 'z9hG4bK2'), tcp(phone));
    clock.advance(0);
    expect(peer.got.at(-1)).toContain('INVITE');
    expect(streams.asked).toHaveLength(2);
    expect(failures).toEqual([]);
    here.sockets.at(-1)?.fail({ code: 'ECONNRESET', message: 'broken' });
    clock.advance(0);
    expect(failures).toEqual(['ECONNRESET']);
    expect(streams.asked).toHaveLength(2);
  });

  it('goes back to somebody who has connected only where it is for that very endpoint (§18)', async () => {
    const peer = new Peer(phone).connect();
    await peer.listen();
    const from = peer.sockets[0]?.local;
    send(request('OPTIONS', 'z9hG4bK1'), tcp(phone, from?.port ?? 0));
    send(request('OPTIONS', 'z9hG4bK2'), tcp(phone));
    clock.advance(0);
    expect(layer.connections).toEqual({ accepted: 1, opened: 1 });
    expect(peer.got).toHaveLength(2);
  });
});

describe('a request that came over TCP', () => {
  const take = (): { readonly request: SipRequest; readonly source: Endpoint } => {
    const last = received.at(-1);
    if (last?.message.kind !== 'request') throw new Error('no request');
    return { request: last.message, source: last.source };
  };

  it('is marked with where it came from, and answered on its connection (§18.2.1, §18.2.2)', () => {
    const peer = new Peer(phone).connect();
    peer.send(serialize(incoming('OPTIONS', { via: `${viaOf('TCP', 'phone.example')};rport` })));
    const { request: came, source } = take();
    expect(source).toEqual(tcp(phone, peer.sockets[0]?.local?.port ?? 0));
    expect(came.topVia.parameters.get('received')).toBe(phone);
    expect(came.topVia.parameters.get('rport')).toBe(String(source.port));
    send(createResponse(came, 200), layer.responseTarget(came, source));
    clock.advance(0);
    expect(peer.got[0]).toMatch(/^SIP\/2\.0 200 /);
    expect(streams.asked).toHaveLength(1);
  });

  it('whose connection is gone is answered by a new one to its source and the port of sent-by (§18.2.2)', async () => {
    const peer = new Peer(phone).connect();
    peer.send(serialize(incoming('INVITE', { via: 'SIP/2.0/TCP phone.example:5070;branch=z9hG4bKpeer' })));
    const { request: came, source } = take();
    const target = layer.responseTarget(came, source);
    peer.sockets[0]?.cut();
    clock.advance(0);
    await peer.listen(5070);
    const failures = send(createResponse(came, 200), target);
    clock.advance(0);
    expect(streams.asked.at(-1)).toEqual(tcp(phone, 5070));
    expect(peer.got.at(-1)).toMatch(/^SIP\/2\.0 200 /);
    expect(failures).toEqual([]);
  });

  it('is taken however the stream is cut', () => {
    streams.pieces = (bytes) => [...bytes].map((octet) => Buffer.of(octet));
    const peer = new Peer(phone).connect();
    const text = serialize(incoming('OPTIONS', { via: viaOf('TCP') })).toString('latin1');
    peer.send(`\r\n\r\n${text}${text}`);
    expect(received).toHaveLength(2);
  });

  it('with a fault gets 400, and the connection goes on', () => {
    const peer = new Peer(phone).connect();
    const good = serialize(incoming('OPTIONS', { via: viaOf('TCP') })).toString('latin1');
    peer.send(good.replace(/CSeq: .*/, 'CSeq: 1 BYE') + good);
    expect(peer.got).toHaveLength(1);
    expect(peer.got[0]).toMatch(/^SIP\/2\.0 400 /);
    expect(received).toHaveLength(1);
    expect(peer.closed).toBe(0);
  });

  it.each([
    ['without Content-Length (§18.3)', /Content-Length: 0\r\n/, '', 400],
    ['with a body beyond the limits (§21.4.11)', 'Content-Length: 0', 'Content-Length: 70000', 513],
    ['with two lengths', 'Content-Length: 0', 'Content-Length: 0\r\nl: 5', 400],
  ])('%s is answered and ends the connection: where the next begins is unknown', (_, from, to, status) => {
    const peer = new Peer(phone).connect();
    const good = serialize(incoming('OPTIONS', { via: viaOf('TCP'), extra: [`Subject: ${'x'.repeat(99)}`] }));
    peer.send(good.toString('latin1').replace(from, to) + good.toString('latin1'));
    expect(peer.got.map((text) => text.slice(0, 11))).toEqual([`SIP/2.0 ${status}`]);
    expect(received).toEqual([]);
    expect(peer.closed).toBe(1);
    clock.advance(2000);
    expect(clock.timers).toEqual([]);
  });

  it('from a stranger with a fault is not answered', () => {
    strangers.add(phone);
    const peer = new Peer(phone).connect();
    peer.send('OPTIONS sip:a@b SIP/2.0\r\nl: x\r\n\r\n');
    expect(peer.got).toEqual([]);
    expect(peer.closed).toBe(1);
    expect(layer.counters.malformed).toBe(1);
  });
});

describe('what is no SIP', () => {
  it.each([
    ['at once', 'GET / HTTP/1.1\r\n'],
    ['as a whole', 'GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    ['in binary', Buffer.from([0x16, 3, 1])],
  ])('ends the connection: %s', (_, bytes) => {
    const peer = new Peer(phone).connect();
    peer.send(bytes);
    expect(peer.closed).toBe(1);
    expect(peer.got).toEqual([]);
    expect(layer.counters.notSip).toBe(1);
  });
});

describe('a connection', () => {
  it('is cut when a message that has begun does not end within 10 s, octets in between or not', () => {
    const peer = new Peer(phone).connect();
    peer.send('OPTIONS sip:a@b SIP/2.0\r\n');
    for (let turn = 0; turn < 9; turn += 1) {
      clock.advance(1000);
      peer.send('X');
    }
    expect(peer.closed).toBe(0);
    clock.advance(1000);
    expect(peer.closed).toBe(1);
    expect(layer.connections.accepted).toBe(0);
  });

  it('of a stranger who says nothing that counts ends after 30 s, another after 10 minutes', () => {
    strangers.add('198.51.100.1');
    const [friend, stranger] = [new Peer(phone).connect(), new Peer('198.51.100.1').connect()];
    for (let turn = 0; turn < 6; turn += 1) {
      clock.advance(4990);
      stranger.send('\r\n\r\n');
    }
    expect([friend.closed, stranger.closed]).toEqual([0, 0]);
    clock.advance(100);
    expect([friend.closed, stranger.closed]).toEqual([0, 1]);
    clock.advance(9 * 60_000);
    expect(friend.closed).toBe(0);
    clock.advance(60_000);
    expect(friend.closed).toBe(1);
  });

  it('stays while something goes over it', () => {
    const peer = new Peer(phone).connect();
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(9 * 60_000);
      peer.send(serialize(incoming('OPTIONS', { via: viaOf('TCP') })));
    }
    expect(peer.closed).toBe(0);
  });

  it('whose peer takes nothing is cut: after 10 s, or when too much is queued', () => {
    const peer = new Peer(phone).connect();
    const slow = here.sockets.at(-1)?.peer;
    if (slow === undefined) throw new Error('no socket');
    slow.reads = false;
    const target = tcp(phone, slow.local.port);
    const failures = send(createResponse(incoming('OPTIONS'), 200), target);
    clock.advance(9999);
    slow.readAgain();
    clock.advance(60_000);
    expect(peer.closed).toBe(0);
    slow.reads = false;
    failures.push(...send(createResponse(incoming('OPTIONS'), 200), target));
    const lost = send(createResponse(incoming('BYE'), 200), target);
    clock.advance(10_000);
    expect(peer.closed).toBe(1);
    clock.advance(0);
    expect(failures).toEqual([]);
    expect(lost).toEqual(['ECONNREFUSED']);
  });

  it('whose queue grows beyond its bound is cut', () => {
    const peer = new Peer(phone).connect();
    const slow = here.sockets.at(-1)?.peer;
    if (slow === undefined) throw new Error('no socket');
    slow.reads = false;
    const big = incoming('OPTIONS', { extra: [`X: ${'x'.repeat(8000)}`] });
    for (let count = 0; count < 40; count += 1) send(big, tcp(phone, slow.local.port));
    clock.advance(0);
    expect(peer.closed).toBe(1);
  });
});

describe('pings (RFC 5626 §3.5.1, §5.4)', () => {
  it.each([
    ['in one piece', ['\r\n\r\n']],
    ['in pieces', ['\r', '\n\r', '\n']],
  ])('of a peer are answered at once: %s', (_, pieces) => {
    const peer = new Peer(phone).connect();
    for (const piece of pieces) peer.send(piece);
    expect(peer.got).toEqual(['\r\n']);
    peer.send('\r\n');
    peer.send(serialize(incoming('OPTIONS', { via: viaOf('TCP') })));
    peer.send('\r\n');
    expect(peer.got).toEqual(['\r\n']);
  });

  it('of a stranger are not', () => {
    strangers.add(phone);
    const peer = new Peer(phone).connect();
    peer.send('\r\n\r\n');
    expect(peer.got).toEqual([]);
    expect(peer.closed).toBe(0);
  });
});

describe('how many connections there may be', () => {
  it('16 of one address: the one that was silent longest makes room', () => {
    const peers = Array.from({ length: 16 }, () => {
      clock.advance(10);
      return new Peer(phone).connect();
    });
    peers[0]?.send(serialize(incoming('OPTIONS', { via: viaOf('TCP') })));
    new Peer(phone).connect();
    clock.advance(0);
    expect(peers.map(({ closed }) => closed)).toEqual([0, 1, ...Array.from({ length: 14 }, () => 0)]);
    expect(layer.connections.accepted).toBe(16);
  });

  it('64 in all: strangers push out each other, and nobody who is spoken with', () => {
    const friends = Array.from({ length: 40 }, (_, at) => new Peer(`10.0.0.${at}`).connect());
    for (let at = 0; at < 200; at += 1) {
      const address = `198.51.100.${at}`;
      strangers.add(address);
      new Peer(address).connect();
    }
    expect(layer.connections.accepted).toBe(64);
    expect(friends.every(({ closed }) => closed === 0)).toBe(true);
    const more = Array.from({ length: 24 }, (_, at) => new Peer(`10.0.1.${at}`).connect());
    strangers.add('203.0.113.1');
    const last = new Peer('203.0.113.1').connect();
    clock.advance(0);
    expect(last.closed).toBe(1);
    expect([...friends, ...more].every(({ closed }) => closed === 0)).toBe(true);
    expect(log.lines.filter(({ event }) => event === 'transport.too-many-connections')).toHaveLength(5);
  });

  it('nothing is left of those that come and go', async () => {
    const peer = await new Peer(phone).listen();
    layer.via(tcp(phone));
    for (let round = 0; round < 1000; round += 1) {
      const caller = new Peer(`10.0.${round % 7}.1`).connect();
      caller.send(serialize(incoming('OPTIONS', { via: viaOf('TCP') })));
      caller.sockets[0]?.cut();
      send(request('OPTIONS', `z9hG4bK${round}`), tcp(phone));
      clock.advance(0);
      peer.sockets.at(-1)?.close();
      clock.advance(0);
    }
    expect(layer.connections).toEqual({ accepted: 0, opened: 0 });
    clock.advance(2000);
    expect(clock.timers).toEqual([]);
  });

  it('none after close', async () => {
    await new Peer(phone).listen();
    const failures = send(request('OPTIONS'), tcp(phone));
    const peer = new Peer('192.0.2.2').connect();
    layer.close();
    clock.advance(0);
    failures.push(...send(request('BYE'), tcp(phone)));
    const late = new Peer('192.0.2.3').connect();
    clock.advance(0);
    expect(layer.connections).toEqual({ accepted: 0, opened: 0 });
    expect([peer.closed, late.closed]).toEqual([1, 1]);
    expect(failures).toEqual(['closed']);
    expect(clock.timers).toEqual([]);
  });
});

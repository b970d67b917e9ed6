import { beforeEach, describe, expect, it } from 'vitest';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import type { Endpoint, SipMessage, SipRequest } from '../../../../src/sip/message/types.ts';
import { TransactionLayer } from '../../../../src/sip/transaction/index.ts';
import type { TransactionTransport } from '../../../../src/sip/transaction/types.ts';
import type { DatagramPeer, DatagramSocket } from '../../../../src/sip/transport/index.ts';
import { TransportLayer, type WireObservation } from '../../../../src/sip/transport/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming, outgoing } from '../../../support/sip-messages.ts';
import { RecordingHandler, RecordingUser } from '../../../support/sip-transactions.ts';

const door = '192.0.2.9';
const phone = '192.0.2.1';

interface Received {
  readonly message: SipMessage;
  readonly source: Endpoint;
}

let clock = new FakeClock();
let network = new MemoryNetwork(clock);
let log = new RecordingLog();
let received: Received[] = [];
let wire: WireObservation[] = [];
let faults: string[] = [];

beforeEach(() => {
  clock = new FakeClock();
  network = new MemoryNetwork(clock);
  log = new RecordingLog();
  received = [];
  wire = [];
  faults = [];
});

const noFailure = (failure: { code: string }): void => {
  throw new Error(failure.code);
};

async function listening(...places: readonly string[]): Promise<TransportLayer> {
  const host = network.host(door, '198.51.100.9', '2001:db8::9');
  const layer = new TransportLayer({
    clock,
    random: new SeededRandom(1),
    log,
    network: host,
    receive: (message, source) => received.push({ message, source }),
    wire: (observation) => wire.push(observation),
    fault: (what) => faults.push(what),
  });
  await layer.listen((places.length === 0 ? ['0.0.0.0'] : places).map((address) => udp(address)));
  return layer;
}

const udp = (address: string, port = 5060): Endpoint => ({ protocol: 'udp', address, port });

/** What a peer's socket sends, and what it was sent. */
async function peerSocket(address = phone, port = 5060): Promise<DatagramSocket & { readonly got: string[] }> {
  const socket = await network.host(address).bind(address, port);
  const got: string[] = [];
  socket.onMessage((bytes) => got.push(bytes.toString('latin1')));
  return Object.assign(socket, { got });
}

function deliver(from: DatagramSocket, bytes: Buffer | string): void {
  from.send(Buffer.from(bytes), 5060, door, noFailure);
  clock.advance(0);
}

const onlyRequest = (): SipRequest => {
  const [first] = received;
  if (received.length !== 1 || first?.message.kind !== 'request') throw new Error('not one request');
  return first.message;
};

describe('a request that came in', () => {
  it.each([
    // sent-by and parameters, source port, Via as it is handed up: §18.2.1, RFC 3581 §4.
    ['192.0.2.1:5060;branch=z9hG4bKa', 5060, '192.0.2.1:5060;branch=z9hG4bKa'],
    ['192.0.2.1:5060;branch=z9hG4bKa', 40_000, '192.0.2.1:5060;branch=z9hG4bKa'],
    ['10.0.0.4:5060;branch=z9hG4bKa', 5060, '10.0.0.4:5060;branch=z9hG4bKa;received=192.0.2.1'],
    ['phone.example.com;branch=z9hG4bKa', 5060, 'phone.example.com;branch=z9hG4bKa;received=192.0.2.1'],
    ['192.0.2.1:5060;rport;branch=z9hG4bKa', 5060, '192.0.2.1:5060;branch=z9hG4bKa;rport=5060;received=192.0.2.1'],
    ['10.0.0.4;branch=z9hG4bKa;rport', 40_000, '10.0.0.4;branch=z9hG4bKa;rport=40000;received=192.0.2.1'],
    // What the sender claims itself does not count.
    [
      '10.0.0.4;branch=z9hG4bKa;received=203.0.113.7;rport=9',
      40_000,
      '10.0.0.4;branch=z9hG4bKa;received=192.0.2.1;rport=40000',
    ],
    ['192.0.2.1:5060;branch=z9hG4bKa;received=203.0.113.7', 5060, '192.0.2.1:5060;branch=z9hG4bKa'],
  ])('with Via %s from port %s is handed up with %s', async (via, port, expected) => {
    await listening();
    const peer = await peerSocket(phone, port);
    deliver(peer, serialize(incoming('OPTIONS', { via: `SIP/2.0/UDP ${via}` })));
    const handedUp = onlyRequest().topVia;
    const wanted = incoming('OPTIONS', { via: `SIP/2.0/UDP ${expected}` }).topVia;
    expect(handedUp).toEqual(wanted);
    expect(received[0]?.source).toEqual(udp(phone, port));
  });

  it('over IPv6 is marked with the address alone (RFC 5118 §4.5), without our name for the link', async () => {
    await listening('2001:db8::9');
    const text = serialize(incoming('OPTIONS', { via: 'SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKa;rport' }));
    (await peerSocket('fe80::1%eth0')).send(text, 5060, '2001:db8::9', noFailure);
    clock.advance(0);
    expect(onlyRequest().headers.get('Via')).toBe(
      'SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKa;rport=5060;received=fe80::1',
    );
    expect(received[0]?.source).toEqual(udp('fe80::1%eth0'));
  });

  it('keeps the Vias below its topmost', async () => {
    await listening();
    const text = serialize(
      incoming('OPTIONS', { via: 'SIP/2.0/UDP proxy.example;branch=z9hG4bK1, SIP/2.0/TCP b;branch=2' }),
    );
    deliver(await peerSocket(), text);
    const vias = onlyRequest().headers.list('Via');
    expect(vias).toHaveLength(2);
    expect(vias[0]).toContain('received=192.0.2.1');
    expect(vias[1]).toBe('SIP/2.0/TCP b;branch=2');
  });

  it.each([
    // Via, source port, port of the answer: §18.2.2, RFC 3581 §4.
    ['192.0.2.1:5060;branch=z9hG4bKa', 40_000, 5060],
    ['192.0.2.1:7000;branch=z9hG4bKa', 40_000, 7000],
    ['192.0.2.1;branch=z9hG4bKa', 40_000, 5060],
    ['10.0.0.4:7000;branch=z9hG4bKa', 40_000, 7000],
    ['10.0.0.4:7000;branch=z9hG4bKa;rport', 40_000, 40_000],
    ['10.0.0.4:7000;branch=z9hG4bKa;rport;maddr=203.0.113.7', 40_000, 40_000],
    ['10.0.0.4:7000;branch=z9hG4bKa;maddr=203.0.113.7', 40_000, 7000],
  ])('with Via %s from port %s is answered at port %s of its source', async (via, port, expected) => {
    const layer = await listening();
    deliver(await peerSocket(phone, port), serialize(incoming('OPTIONS', { via: `SIP/2.0/UDP ${via}` })));
    const [{ source } = { source: udp('') }] = received;
    expect(layer.responseTarget(onlyRequest(), source)).toEqual(udp(phone, expected));
  });

  it('is answered from the address and port that it came to (RFC 3581 §4)', async () => {
    const layer = await listening('198.51.100.9', door);
    deliver(await peerSocket('198.51.100.1'), serialize(incoming('OPTIONS')));
    const [{ source } = { source: udp('') }] = received;
    const target = layer.responseTarget(onlyRequest(), source);
    layer.send(createResponse(onlyRequest(), 200), target, noFailure);
    expect(network.sent.at(-1)?.from).toEqual({ address: door, port: 5060 });
  });

  it('is stamped when it arrives, before anything is done with it', async () => {
    await listening();
    network.conditions = { delay: 25 };
    const sentAt = clock.now();
    const peer = await peerSocket();
    peer.send(serialize(incoming('OPTIONS')), 5060, door, noFailure);
    clock.advance(100);
    expect(wire).toHaveLength(1);
    expect(wire[0]).toMatchObject({ direction: 'in', peer: udp(phone) });
    expect((wire[0]?.at ?? 0) - sentAt).toBe(25);
  });

  it('that makes its user throw ends nothing: the log has it, the next one is handed up', async () => {
    const host = network.host('192.0.2.50');
    let calls = 0;
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: host,
      receive: () => {
        calls += 1;
        throw new Error('a fault of the user');
      },
    });
    await layer.listen([udp('192.0.2.50')]);
    const peer = await peerSocket();
    for (const _ of [1, 2]) peer.send(serialize(incoming('OPTIONS')), 5060, '192.0.2.50', noFailure);
    clock.advance(0);
    expect(calls).toBe(2);
    expect(log.lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'error transport.handler-failed',
      'error transport.handler-failed',
    ]);
  });
});

describe('a response that came in', () => {
  const response = (sentBy: string): Buffer =>
    serialize(createResponse(incoming('OPTIONS', { via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bKours` }), 200));

  it('is handed up when its sent-by is one that we wrote, else dropped (§18.1.2)', async () => {
    const layer = await listening();
    const peer = await peerSocket();
    deliver(peer, response('192.0.2.9:5060'));
    expect(received).toHaveLength(0);
    expect(layer.counters.badVia).toBe(1);
    expect(layer.via(udp(phone))).toEqual({ protocol: 'udp', host: '192.0.2.9', port: 5060 });
    deliver(peer, response('192.0.2.9:5060'));
    deliver(peer, response('192.0.2.9'));
    expect(received).toHaveLength(2);
    deliver(peer, response('192.0.2.9:5061'));
    deliver(peer, response('192.0.2.10:5060'));
    expect(received).toHaveLength(2);
    expect(layer.counters.badVia).toBe(3);
  });
});

describe('what is no message', () => {
  const malformed = (): string =>
    serialize(incoming('OPTIONS', { extra: ['Content-Length: 0', `User-Agent: ${'x'.repeat(300)}`] }))
      .toString()
      .replace('Content-Length: 0', 'Content-Length: 999');

  it.each([
    ['random bytes', Buffer.from([0x80, 0xc8, 0x00, 0x06, 0xff, 0xfe, 0x00, 0x01, 0x99]), 'notSip'],
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'notSip'],
    ['a truncated response', 'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;bra', 'malformed'],
    ['too many header fields', `OPTIONS sip:a@b SIP/2.0\r\n${'X: y\r\n'.repeat(2000)}\r\n`, 'tooLong'],
  ] as const)('%s: dropped, counted, not answered', async (_, bytes, reason) => {
    const layer = await listening();
    const peer = await peerSocket();
    deliver(peer, bytes);
    expect(received).toHaveLength(0);
    expect(layer.counters[reason]).toBe(1);
    expect(peer.got).toEqual([]);
  });

  it.each(['\r\n\r\n', '\r\n', '\0\0\0\0', ''])('keep-alive %j: taken in silence', async (bytes) => {
    const layer = await listening();
    const peer = await peerSocket();
    deliver(peer, bytes);
    expect(layer.counters).toEqual({ notSip: 0, tooLong: 0, malformed: 0, badVia: 0, keepAlive: 1 });
    expect(peer.got).toEqual([]);
    expect(log.lines).toEqual([]);
  });

  it('a request with a fault gets 400, seldom', async () => {
    const layer = await listening();
    const peer = await peerSocket();
    deliver(peer, malformed());
    expect(peer.got).toHaveLength(1);
    expect(peer.got[0]).toMatch(/^SIP\/2\.0 400 /);
    expect(peer.got[0]).toContain('Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds\r\n');
    for (let at = 0; at < 100; at += 1) deliver(peer, malformed());
    expect(peer.got).toHaveLength(5);
    clock.advance(2000);
    for (let at = 0; at < 100; at += 1) deliver(peer, malformed());
    expect(peer.got).toHaveLength(7);
    expect(layer.counters.malformed).toBe(201);
    expect(received).toHaveLength(0);
  });

  it('a request of another version of SIP gets 505 (§21.5.6)', async () => {
    await listening();
    const peer = await peerSocket();
    deliver(peer, malformed().replace('SIP/2.0\r\n', 'SIP/3.0\r\n').replace('999', '0'));
    expect(peer.got[0]).toMatch(/^SIP\/2\.0 505 /);
  });

  it('an ACK with a fault is not answered', async () => {
    await listening();
    const peer = await peerSocket();
    deliver(peer, malformed().replaceAll('OPTIONS', 'ACK'));
    expect(peer.got).toEqual([]);
  });

  it('no answer is longer than what it answers', async () => {
    await listening();
    const peer = await peerSocket();
    const short =
      'OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP c\r\nf: <sip:a@b>;tag=1\r\nt: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\nl: 9\r\n\r\n';
    deliver(peer, short);
    expect(peer.got).toEqual([]);
  });

  it('a Via that leaves no room for received is nobody’s', async () => {
    const layer = await listening();
    const parameters = Array.from({ length: 63 }, (_, at) => `;p${at}`).join('');
    deliver(await peerSocket(), serialize(incoming('OPTIONS', { via: `SIP/2.0/UDP a${parameters}` })));
    expect(received).toHaveLength(0);
    expect(layer.counters.badVia).toBe(1);
  });

  it('is told once, then once a minute at most, with how many there were', async () => {
    await listening();
    const peer = await peerSocket();
    for (let at = 0; at < 1000; at += 1) deliver(peer, 'junk');
    expect(log.lines).toHaveLength(1);
    expect(faults).toHaveLength(1);
    clock.advance(60_000);
    deliver(peer, 'junk');
    deliver(peer, 'junk');
    expect(log.lines.map(({ fields }) => fields.dropped)).toEqual([1, 1000]);
    expect(faults).toHaveLength(2);
  });
});

describe('what goes out', () => {
  it('is serialised once: a repetition has the same bytes', async () => {
    const layer = await listening();
    const request = incoming('OPTIONS');
    layer.send(request, udp(phone), noFailure);
    request.headers.set('X-Later', 'changed');
    layer.send(request, udp(phone), noFailure);
    const [first, second] = network.sent;
    expect(first?.bytes.equals(second?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(first?.bytes.toString()).not.toContain('X-Later');
  });

  it('is seen by the observer, repetitions included', async () => {
    const layer = await listening();
    const request = incoming('OPTIONS');
    layer.send(request, udp(phone), noFailure);
    clock.advance(500);
    layer.send(request, udp(phone), noFailure);
    const [first, second] = wire;
    expect(first?.direction).toBe('out');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(500);
  });

  it('leaves by the socket of its family, and by the one that the route leads out of', async () => {
    const layer = await listening('198.51.100.9', door, '2001:db8::9');
    for (const target of [phone, '198.51.100.77', '2001:db8::1'])
      layer.send(incoming('OPTIONS'), udp(target), noFailure);
    expect(network.sent.map(({ from }) => from.address)).toEqual([door, '198.51.100.9', '2001:db8::9']);
    expect(layer.via(udp(phone)).host).toBe(door);
    expect(layer.via(udp('2001:db8::1'))).toEqual({ protocol: 'udp', host: '2001:db8::9', port: 5060 });
    expect(layer.localAddress('198.51.100.77')).toBe('198.51.100.9');
  });

  it('asks for its route anew, at once, when the network has changed', async () => {
    const host = network.host(door);
    let own = door;
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: { bind: (address, port) => host.bind(address, port), addressTowards: () => own },
      receive: (message, source) => received.push({ message, source }),
    });
    await layer.listen([udp('0.0.0.0')]);
    expect(layer.via(udp(phone)).host).toBe(door);
    own = '198.51.100.9';
    expect(layer.via(udp(phone)).host).toBe(door);
    layer.networkChanged();
    expect(layer.via(udp(phone)).host).toBe('198.51.100.9');
  });

  it('fails when no socket of that family or protocol is open, later and once', async () => {
    const layer = await listening(door);
    const failures: string[] = [];
    layer.send(incoming('OPTIONS'), udp('2001:db8::1'), ({ code }) => failures.push(code));
    layer.send(incoming('OPTIONS'), { ...udp(phone), protocol: 'tcp' }, ({ code }) => failures.push(code));
    expect(failures).toEqual([]);
    clock.advance(0);
    expect(failures).toEqual(['no-socket', 'no-socket']);
  });

  it('is told at once that nobody listens there, as long as it is unanswered (§18.4)', async () => {
    const layer = await listening();
    const peer = await peerSocket();
    const failures: string[] = [];
    const send = (method: string, branch: string): void => {
      const { protocol, host, port } = layer.via(udp(phone));
      const via = `SIP/2.0/${protocol.toUpperCase()} ${host}:${port};branch=${branch}`;
      layer.send(incoming(method, { via }), udp(phone), ({ code, message }) =>
        failures.push(`${method} ${code} ${message}`),
      );
      clock.advance(0);
    };
    const respond = (method: string, branch: string, status: number): void => {
      const via = `SIP/2.0/UDP 192.0.2.9:5060;branch=${branch}`;
      deliver(peer, serialize(createResponse(incoming(method, { via }), status)));
    };
    send('OPTIONS', 'z9hG4bK1');
    send('INVITE', 'z9hG4bK2');
    send('BYE', 'z9hG4bK3');
    send('MESSAGE', 'z9hG4bK4');
    respond('OPTIONS', 'z9hG4bK1', 200);
    respond('INVITE', 'z9hG4bK2', 180);
    respond('MESSAGE', 'z9hG4bK4', 100);
    peer.close();
    network.conditions = { refusal: true };
    send('ACK', 'z9hG4bK5');
    send('INFO', 'z9hG4bK6');
    const unreachable = 'ECONNREFUSED nobody listens at udp 192.0.2.1:5060';
    expect(failures).toHaveLength(4);
    // The ACK is not waited for; it went by the common socket.
    expect(new Set(failures)).toEqual(
      new Set([
        'ACK ECONNREFUSED nobody listens there',
        `BYE ${unreachable}`,
        `INFO ${unreachable}`,
        `MESSAGE ${unreachable}`,
      ]),
    );
  });

  it('has a socket for each of 16 peers, and none for those before them', async () => {
    const host = network.host(door);
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: host,
      receive: () => undefined,
    });
    await layer.listen([udp(door)]);
    for (let at = 0; at < 100; at += 1) layer.send(incoming('OPTIONS'), udp(phone, 6000 + at), () => undefined);
    expect(host.peers).toBe(16);
    layer.prepare(udp(phone, 6099));
    layer.prepare(udp('2001:db8::1'));
    expect(host.peers).toBe(16);
    layer.networkChanged();
    expect(host.peers).toBe(0);
    layer.prepare(udp(phone));
    expect(host.peers).toBe(1);
    layer.close();
    expect(host.peers).toBe(0);
  });

  it('has a socket of another address when ours has changed', async () => {
    const host = network.host(door);
    let own = door;
    const connected: string[] = [];
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: {
        addressTowards: () => own,
        bind: async (address, port) => {
          const socket = await host.bind(address, port);
          const usual = socket.connect.bind(socket);
          const connect = (to: string, toPort: number): DatagramPeer | undefined => {
            connected.push(own);
            return usual(to, toPort);
          };
          return Object.assign(socket, { connect });
        },
      },
      receive: () => undefined,
    });
    await layer.listen([udp('0.0.0.0')]);
    const send = (): void => layer.send(incoming('OPTIONS'), udp(phone), noFailure);
    send();
    send();
    own = '198.51.100.9';
    clock.advance(5000);
    send();
    expect(connected).toEqual([door, '198.51.100.9']);
  });

  it('reports what the network reports', async () => {
    const layer = await listening();
    network.conditions = { refusal: true };
    const failures: string[] = [];
    layer.send(incoming('OPTIONS'), udp('192.0.2.200'), ({ code }) => failures.push(code));
    clock.advance(0);
    expect(failures).toEqual(['ECONNREFUSED']);
  });
});

describe('listening', () => {
  it('names the sockets, with the ports that the system gave', async () => {
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host(door),
      receive: () => undefined,
    });
    await layer.listen([udp(door, 0), udp(door, 5070)]);
    const [free, fixed] = layer.listening;
    expect(free?.port).toBeGreaterThan(0);
    expect(fixed).toEqual(udp(door, 5070));
  });

  it('opens all places or none', async () => {
    await listening(door);
    const second = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host(door),
      receive: () => undefined,
    });
    await expect(second.listen([udp(door, 5070), udp(door)])).rejects.toMatchObject({ code: 'port-in-use' });
    expect(second.listening).toEqual([]);
    const third = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host(door),
      receive: () => undefined,
    });
    await third.listen([udp(door, 5070)]);
    expect(third.listening).toHaveLength(1);
  });

  it('says that it carries UDP alone', async () => {
    const layer = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host(door),
      receive: () => undefined,
    });
    await expect(layer.listen([{ ...udp(door), protocol: 'tls' }])).rejects.toMatchObject({
      code: 'transport-not-supported',
    });
  });

  it('ends with close: nothing comes, what is sent fails', async () => {
    const layer = await listening();
    layer.close();
    deliver(await peerSocket(), serialize(incoming('OPTIONS')));
    expect(received).toHaveLength(0);
    const failures: string[] = [];
    layer.send(incoming('OPTIONS'), udp(phone), ({ code }) => failures.push(code));
    clock.advance(0);
    expect(failures).toEqual(['no-socket']);
  });
});

describe('with transactions on top, over a bad network', () => {
  /** A user agent with both layers. */
  async function agent(
    address: string,
  ): Promise<{ readonly handler: RecordingHandler; readonly layer: TransactionLayer }> {
    const handler = new RecordingHandler();
    const transport = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host(address),
      receive: (message, source) => layer.receive(message, source),
    });
    const port: TransactionTransport = transport;
    const layer = new TransactionLayer({ clock, random: new SeededRandom(3), log, transport: port, handler });
    await transport.listen([udp(address)]);
    return { handler, layer };
  }

  it.each([1, 2, 3, 4, 5])('every request is handed up once and answered once (seed %s)', async (seed) => {
    network = new MemoryNetwork(clock, { loss: 0.3, duplication: 0.3, delay: 20, jitter: 200 }, seed);
    const caller = await agent(door);
    const callee = await agent(phone);
    const users = Array.from({ length: 20 }, () => new RecordingUser());
    for (const [at, user] of users.entries()) {
      caller.layer.request(outgoing('OPTIONS', { callId: `call${at}`, cseq: `${at + 1} OPTIONS` }), udp(phone), user);
    }
    let answered = 0;
    for (let turn = 0; turn < 400; turn += 1) {
      clock.advance(100);
      for (const transaction of callee.handler.requests.slice(answered)) {
        transaction.respond(createResponse(transaction.request, 200, { toTag: 'x' }));
      }
      answered = callee.handler.requests.length;
    }
    const handedUp = callee.handler.requests.map(({ request }) => request.callId);
    expect(handedUp).toHaveLength(users.length);
    expect(new Set(handedUp)).toEqual(new Set(users.map((_, at) => `call${at}`)));
    expect(users.map(({ told }) => told)).toEqual(users.map(() => ['200 x']));
    clock.advance(60_000);
    expect(caller.layer.counters.clients).toBe(0);
    expect(callee.layer.counters.servers).toBe(0);
  });

  it('an INVITE is refused and acknowledged although the first ACK is lost', async () => {
    const caller = await agent(door);
    const callee = await agent(phone);
    let lost = 0;
    network.swallow = ({ bytes }) => {
      const drop = lost < 2 && bytes.toString('latin1').startsWith('ACK ');
      if (drop) lost += 1;
      return drop;
    };
    const [user, server] = [new RecordingUser(), new RecordingUser()];
    caller.layer.request(outgoing('INVITE'), udp(phone), user);
    clock.advance(10);
    const [transaction] = callee.handler.requests;
    transaction?.attach(server);
    if (transaction !== undefined) transaction.respond(createResponse(transaction.request, 486, { toTag: 'x' }));
    clock.advance(10_000);
    expect(lost).toBe(2);
    expect(user.told).toEqual(['486 x']);
    expect(server.told).toEqual(['acknowledged']);
  });
});

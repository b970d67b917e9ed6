import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { WireRecord } from '../../../../src/sip/agent/types.ts';
import { createResponse, parseMessage, serialize } from '../../../../src/sip/message/index.ts';
import type { Endpoint, Protocol, SipRequest } from '../../../../src/sip/message/types.ts';
import type { Body, Session } from '../../../../src/sip/session/types.ts';
import type { StreamSocket } from '../../../../src/sip/transport/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { type MemoryStreamHost, MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answer, offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';
import { StreamPhone } from '../../../support/stream-phone.ts';

let clock = new FakeClock();
let network = new MemoryNetwork(clock);
let streams = new MemoryStreams(clock);

beforeEach(() => {
  clock = new FakeClock();
  network = new MemoryNetwork(clock);
  streams = new MemoryStreams(clock);
});

interface Side {
  readonly agent: SipAgent;
  readonly streams: MemoryStreamHost;
  readonly calls: Session[];
  readonly wire: WireRecord[];
}

async function side(
  address: string,
  protocols: readonly Protocol[],
  more: Partial<ConstructorParameters<typeof SipAgent>[0]> = {},
  identities: readonly string[] = [],
): Promise<Side> {
  const host = streams.host(address, identities);
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(7),
    log: new RecordingLog(),
    network: network.host(address),
    streams: host,
    listen: protocols.map((protocol) => ({ protocol, address, port: protocol === 'tls' ? 5061 : 5060 })),
    accounts: [{ ...peerAccount, uri: `sip:x@${address}` }],
    admit: () => undefined,
    resolve: () => Promise.resolve(['10.0.0.1']),
    userAgent: 'test',
    ...more,
  });
  const calls: Session[] = [];
  const wire: WireRecord[] = [];
  agent.on('invite', (session) => calls.push(session));
  agent.on('wire', (record) => wire.push(record));
  await agent.start();
  return { agent, streams: host, calls, wire };
}

/** What went over the wire, one word each: `INVITE by tcp`, `200 by tcp`. */
const sent = ({ wire }: Side): string[] =>
  wire.flatMap(({ direction, message, peer }) =>
    direction === 'in' ? [] : [`${message.kind === 'request' ? message.method : message.status} by ${peer.protocol}`],
  );

const requests = ({ wire }: Side, method: string): SipRequest[] =>
  wire.flatMap(({ direction, message }) =>
    direction === 'out' && message.kind === 'request' && message.method === method ? [message] : [],
  );

describe('a call', () => {
  it.each<[Protocol, string]>([
    ['tcp', 'sip:x@10.0.0.1;transport=tcp'],
    ['tls', 'sip:x@pbx.example;transport=tls'],
    ['tls', 'sips:x@pbx.example'],
  ])('over %s to %s is made, answered and ended by it, from whichever side', async (protocol, target) => {
    const caller = await side('10.0.0.9', ['udp', 'tcp', 'tls']);
    const callee = await side('10.0.0.1', ['udp', 'tcp', 'tls'], {}, ['pbx.example']);
    for (const ends of ['caller', 'callee']) {
      const session = caller.agent.invite({ target, account: peerAccount, offer });
      const ears = new SessionEars(session);
      await clock.advanceAsync(10);
      callee.calls.at(-1)?.ring();
      clock.advance(10);
      callee.calls.at(-1)?.accept(answer);
      clock.advance(10);
      expect(ears.heard).toContain('accepted 200: v=0 answer');
      (ends === 'caller' ? session : callee.calls.at(-1))?.hangup();
      clock.advance(10);
      expect(ears.end?.reason).toBe(ends === 'caller' ? 'local-hangup' : 'remote-hangup');
    }
    expect([...sent(caller), ...sent(callee)].filter((line) => !line.endsWith(`by ${protocol}`))).toEqual([]);
    const contact = requests(caller, 'INVITE')[0]?.headers.get('Contact');
    const ours = `sip:door@10.0.0.9:${protocol === 'tls' ? 5061 : 5060};transport=${protocol}`;
    // RFC 3261 §8.1.1.8: as the Request-URI; RFC 5630 §5.1.1: without transport=tls.
    expect(contact).toBe(target.startsWith('sips:') ? '<sips:door@10.0.0.9:5061>' : `<${ours}>`);
    clock.advance(700_000);
    expect(clock.timers).toEqual([]);
  });

  it.each<[Protocol, number, string]>([
    ['tls', 481, 'goes on'],
    ['udp', 200, 'remote-hangup'],
  ])(
    'over %s, with a BYE by UDP under the peer’s address, is answered %d and %s',
    async (protocol, status, becomes) => {
      const target = protocol === 'tls' ? 'sips:x@pbx.example' : 'sip:x@10.0.0.1';
      const caller = await side('10.0.0.9', ['udp', 'tls']);
      const callee = await side('10.0.0.1', ['udp', 'tls'], {}, ['pbx.example']);
      const ears = new SessionEars(caller.agent.invite({ target, account: peerAccount, offer }));
      await clock.advanceAsync(10);
      callee.calls[0]?.accept(answer);
      clock.advance(10);
      const accepted = caller.wire.flatMap(({ direction, message }) =>
        direction === 'in' && message.kind === 'response' && message.status === 200 ? [message] : [],
      )[0];
      if (accepted === undefined) throw new Error('no 200');
      const forger = await network.host('10.0.0.1').bind('10.0.0.1', 5099);
      const heard: string[] = [];
      forger.onMessage((bytes) => heard.push(bytes.toString().slice(8, 11)));
      const bye = [
        'BYE sip:door@10.0.0.9 SIP/2.0',
        'Via: SIP/2.0/UDP 10.0.0.1:5099;branch=z9hG4bK-forged',
        `From: <sip:x@10.0.0.1>;tag=${accepted.toTag}`,
        `To: <sip:door@10.0.0.9>;tag=${accepted.fromTag}`,
        `Call-ID: ${accepted.callId}`,
        'CSeq: 900 BYE',
        'User-Agent: somebody who has overheard the tags, and brings enough bytes for an answer',
      ];
      forger.send(Buffer.from(`${bye.join('\r\n')}\r\n\r\n`), 5060, '10.0.0.9', () => undefined);
      clock.advance(10);
      expect(heard).toEqual([String(status)]);
      expect(ears.end?.reason ?? 'goes on').toBe(becomes);
    },
  );

  it('to somebody who refuses TCP fails at once', async () => {
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const ears = new SessionEars(
      caller.agent.invite({ target: 'sip:x@10.0.0.1;transport=tcp', account: peerAccount, offer }),
    );
    clock.advance(0);
    expect(ears.end?.reason).toBe('unreachable');
  });
});

describe('a request that is too large for a datagram (RFC 3261 §18.1.1)', () => {
  const large = { type: 'application/sdp', data: Buffer.alloc(1100, 'v') };
  const call = (caller: Side, body: Body = large): SessionEars =>
    new SessionEars(caller.agent.invite({ target: 'sip:x@10.0.0.1', account: peerAccount, offer: body }));

  it('goes by TCP, with TCP in its Via; what is small goes by UDP as before', async () => {
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const callee = await side('10.0.0.1', ['udp', 'tcp']);
    call(caller);
    clock.advance(10);
    expect(callee.calls).toHaveLength(1);
    callee.calls[0]?.reject({ status: 486 });
    clock.advance(10);
    expect(sent(caller)).toEqual(['INVITE by tcp', 'ACK by tcp']);
    expect(requests(caller, 'INVITE')[0]?.topVia).toMatchObject({ protocol: 'tcp', host: '10.0.0.9', port: 5060 });
    // Nobody was told to speak TCP from now on.
    expect(requests(caller, 'INVITE')[0]?.headers.get('Contact')).not.toContain('transport');
    call(caller, offer);
    clock.advance(10);
    expect(sent(caller).at(-1)).toBe('INVITE by udp');
  });

  it('goes by UDP where TCP is refused, and for a while at once', async () => {
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const callee = await side('10.0.0.1', ['udp']);
    call(caller);
    clock.advance(10);
    expect(sent(caller)).toEqual(['INVITE by tcp', 'INVITE by udp']);
    const [first, second] = requests(caller, 'INVITE');
    expect(second?.topVia).toMatchObject({ protocol: 'udp' });
    expect(second?.topVia.branch).not.toBe(first?.topVia.branch);
    expect(callee.calls).toHaveLength(1);
    call(caller);
    clock.advance(10);
    expect(sent(caller).slice(2)).toEqual(['INVITE by udp']);
    expect(streams.asked).toHaveLength(1);
    clock.advance(600_000);
    call(caller);
    clock.advance(10);
    expect(streams.asked).toHaveLength(2);
  });

  it('goes by UDP after 2 s where nobody says anything to TCP', async () => {
    streams.silent.add('10.0.0.1');
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const callee = await side('10.0.0.1', ['udp']);
    call(caller);
    clock.advance(1999);
    expect(callee.calls).toHaveLength(0);
    clock.advance(10);
    expect(callee.calls).toHaveLength(1);
  });

  it('goes by UDP where TCP is refused and only the credentials have made it large', async () => {
    const account = {
      ...peerAccount,
      uri: 'sip:door@10.0.0.1',
      password: new Secret('sesame'),
      registrar: 'sip:10.0.0.1',
    };
    const caller = await side('10.0.0.9', ['udp', 'tcp'], { accounts: [account] });
    const phone = await ScriptedPhone.plug(network, '10.0.0.1');
    const body = { type: 'application/sdp', data: Buffer.alloc(480, 'v') };
    const ears = new SessionEars(caller.agent.invite({ target: 'sip:x@10.0.0.1', account, offer: body }));
    clock.advance(10);
    const challenge = `Digest realm="pbx", qop="auth", algorithm=SHA-256, nonce="${'n'.repeat(60)}"`;
    phone.answer(phone.request('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge]] });
    clock.advance(10);
    expect(sent(caller)).toEqual(['INVITE by udp', 'ACK by udp', 'INVITE by tcp', 'INVITE by udp']);
    expect(phone.request('INVITE').headers.has('Proxy-Authorization')).toBe(true);
    phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
    clock.advance(10);
    expect(ears.heard).toEqual(['accepted 200: v=0 answer']);
  });

  it('is not sent again once its caller has given up', async () => {
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const session = caller.agent.invite({ target: 'sip:x@10.0.0.1', account: peerAccount, offer: large });
    session.hangup();
    clock.advance(40_000);
    expect(sent(caller)).toEqual(['INVITE by tcp']);
  });
});

describe('an ACK of a 2xx that its route makes too large for a datagram (RFC 3261 §18.1.1, §13.2.2.4)', () => {
  const hops = Array.from({ length: 30 }, (_, index) => `<sip:hop${index}.a-name-that-takes-its-room.example;lr>`);
  /** As the phone records it: the hop that is next to us comes last (§12.1.2). */
  const recorded = [...hops, '<sip:10.0.0.1;lr>'].map((hop) => ['Record-Route', hop] as const);

  async function accepted(): Promise<{ caller: Side; phone: ScriptedPhone; repeat: () => void }> {
    const caller = await side('10.0.0.9', ['udp', 'tcp']);
    const phone = await ScriptedPhone.plug(network, '10.0.0.1');
    caller.agent.invite({ target: 'sip:x@10.0.0.1', account: peerAccount, offer });
    clock.advance(10);
    const repeat = (): void => {
      phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer', headers: recorded });
      clock.advance(10);
    };
    repeat();
    return { caller, phone, repeat };
  }

  it('goes by TCP, as does each repetition', async () => {
    const phone = await StreamPhone.plug(
      streams.host('10.0.0.1'),
      { protocol: 'tcp', address: '10.0.0.1', port: 5060 },
      () => 0,
    );
    const { caller, repeat } = await accepted();
    repeat();
    expect(sent(caller)).toEqual(['INVITE by udp', 'ACK by tcp', 'ACK by tcp']);
    const [first, second] = phone.requests;
    expect(first?.topVia).toMatchObject({ protocol: 'tcp', host: '10.0.0.9', port: 5060 });
    expect(second?.topVia.branch).toBe(first?.topVia.branch);
    expect(first?.headers.list('Route')).toHaveLength(31);
  });

  it('goes by UDP where TCP is refused, as does each repetition', async () => {
    const { caller, phone, repeat } = await accepted();
    repeat();
    expect(sent(caller)).toEqual(['INVITE by udp', 'ACK by tcp', 'ACK by udp', 'ACK by udp']);
    const [first, second] = phone.requests('ACK');
    expect(first?.topVia.protocol).toBe('udp');
    expect(second?.topVia.branch).toBe(first?.topVia.branch);
  });

  it('goes by UDP once, where several repetitions wait for a TCP that says nothing', async () => {
    streams.silent.add('10.0.0.1');
    const { caller, phone, repeat } = await accepted();
    repeat();
    repeat();
    expect(phone.requests('ACK')).toHaveLength(0);
    clock.advance(2000);
    expect(phone.requests('ACK')).toHaveLength(1);
    expect(sent(caller).at(-1)).toBe('ACK by udp');
  });
});

describe('a registration over TLS from a door that listens to UDP alone', () => {
  it('has the port of its own connection in Contact, by which calls come in', async () => {
    const registrar = streams.host('10.0.0.1', ['pbx.example']);
    const got: SipRequest[] = [];
    let connection: StreamSocket | undefined;
    const target: Endpoint = { protocol: 'tls', address: '10.0.0.1', port: 5061 };
    await registrar.listen(target, (socket) => {
      connection = socket;
      const nothing = (): void => undefined;
      const data = (bytes: Buffer): void => {
        const parsed = parseMessage(bytes);
        if (!parsed.ok || parsed.value.kind !== 'request') return;
        got.push(parsed.value);
        const contact = `${parsed.value.headers.get('Contact') ?? ''};expires=300`;
        socket.write(serialize(createResponse(parsed.value, 200, { headers: [['Contact', contact]] })));
      };
      return { reached: nothing, opened: nothing, drained: nothing, closed: nothing, data };
    });
    const account = { uri: 'sips:door@pbx.example', expires: seconds(300), register: true };
    const door = await side('10.0.0.9', ['udp'], { accounts: [account] });
    await clock.advanceAsync(10);
    expect(door.agent.registrations).toMatchObject([{ registered: true }]);
    const own = door.streams.sockets[0]?.local.port;
    expect(got[0]?.headers.get('Contact')).toContain(`<sips:door@10.0.0.9:${own}>`);
    const invite = `INVITE sips:door@10.0.0.9:${own} SIP/2.0\r
Via: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKp\r
From: <sip:a@pbx.example>;tag=1\r
To: <sips:door@pbx.example>\r
Call-ID: 1\r
CSeq: 1 INVITE\r
Contact: <sip:a@10.0.0.1;transport=tls>\r
Content-Length: 0\r
\r
`;
    connection?.write(Buffer.from(invite));
    await clock.advanceAsync(10);
    expect(door.calls).toHaveLength(1);
  });

  it('to a server with another name is refused, and the state says why', async () => {
    const registrar = streams.host('10.0.0.1', ['other.example']);
    streams.dumb.add('10.0.0.1');
    await registrar.listen({ protocol: 'tls', address: '10.0.0.1', port: 5061 }, () => {
      const nothing = (): void => undefined;
      return { reached: nothing, opened: nothing, drained: nothing, closed: nothing, data: nothing };
    });
    const account = { uri: 'sips:door@pbx.example', expires: seconds(300), register: true };
    const door = await side('10.0.0.9', ['udp'], { accounts: [account] });
    const faults: string[] = [];
    door.agent.on('fault', (what) => faults.push(what));
    const failure = { code: 'certificate-refused', message: 'the certificate is for other.example', mend: 'mend it' };
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advanceAsync(100);
      door.streams.sockets.at(-1)?.fail(failure);
      await clock.advanceAsync(1000);
    }
    expect(door.streams.sockets.length).toBeGreaterThan(2);
    expect(faults).toEqual(['the certificate is for other.example']);
    expect(door.agent.registrations).toMatchObject([{ registered: false, reason: failure.message }]);
  });
});

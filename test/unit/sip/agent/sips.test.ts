// sips without a downgrade: between two agents over streams in memory, and before peers that do not keep to it.

import { beforeEach, describe, expect, it } from 'vitest';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { Account, WireRecord } from '../../../../src/sip/agent/types.ts';
import { createResponse, parseMessage, serialize } from '../../../../src/sip/message/index.ts';
import type { Protocol, SipMessage, SipRequest } from '../../../../src/sip/message/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answer, offer, peerAccount } from '../../../support/sip-bench.ts';

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
  readonly calls: Session[];
  readonly wire: WireRecord[];
}

const BOTH: readonly Protocol[] = ['udp', 'tls'];

async function side(address: string, account: Account = peerAccount, withStreams = true): Promise<Side> {
  const host = streams.host(address, address === '10.0.0.1' ? ['pbx.example'] : []);
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(7),
    log: new RecordingLog(),
    network: network.host(address),
    ...(withStreams ? { streams: host } : {}),
    listen: (withStreams ? BOTH : (['udp'] as const)).map((protocol) => ({
      protocol,
      address,
      port: protocol === 'tls' ? 5061 : 5060,
    })),
    accounts: [account],
    admit: () => undefined,
    resolve: () => Promise.resolve(['10.0.0.1']),
    userAgent: 'test',
  });
  const calls: Session[] = [];
  const wire: WireRecord[] = [];
  agent.on('invite', (session) => calls.push(session));
  agent.on('wire', (record) => wire.push(record));
  await agent.start();
  return { agent, calls, wire };
}

const out = ({ wire }: Side): readonly { message: SipMessage; by: Protocol }[] =>
  wire.flatMap(({ direction, message, peer }) => (direction === 'out' ? [{ message, by: peer.protocol }] : []));

const requests = (from: Side, method: string): SipRequest[] =>
  out(from).flatMap(({ message }) => (message.kind === 'request' && message.method === method ? [message] : []));

const protocols = (...sides: Side[]): Protocol[] => [...new Set(sides.flatMap(out).map(({ by }) => by))];

describe('a call to a sips URI', () => {
  it('has sips Contacts on both sides, in whatever refreshes them too, and ends by sips', async () => {
    for (const ends of ['caller', 'callee'] as const) {
      const caller = await side('10.0.0.9');
      const callee = await side('10.0.0.1', { ...peerAccount, uri: 'sip:x@10.0.0.1' });
      const session = caller.agent.invite({ target: 'sips:x@pbx.example', account: peerAccount, offer });
      await clock.advanceAsync(10);
      callee.calls[0]?.accept(answer);
      clock.advance(10);
      session.reoffer(offer);
      clock.advance(10);
      (ends === 'caller' ? session : callee.calls[0])?.hangup();
      clock.advance(10);
      const contacts = requests(caller, 'INVITE').map(({ headers }) => headers.get('Contact'));
      expect(contacts).toEqual(['<sips:door@10.0.0.9:5061>', '<sips:door@10.0.0.9:5061>']);
      const accepted = out(callee).flatMap(({ message }) =>
        message.kind === 'response' && message.status === 200 && message.cseq.method === 'INVITE' ? [message] : [],
      );
      expect(accepted[0]?.headers.get('Contact')).toBe('<sips:x@10.0.0.1:5061>');
      const bye = requests(ends === 'caller' ? caller : callee, 'BYE')[0];
      expect(bye?.requestUri).toBe(ends === 'caller' ? 'sips:x@10.0.0.1:5061' : 'sips:door@10.0.0.9:5061');
      expect(protocols(caller, callee)).toEqual(['tls']);
      clock = new FakeClock();
      network = new MemoryNetwork(clock);
      streams = new MemoryStreams(clock);
    }
  });

  it.each<[string, Partial<Account>]>([
    ['the registrar', { registrar: 'sip:pbx.example' }],
    ['a proxy', { registrar: 'sip:pbx.example', outboundProxy: 'sip:pbx.example' }],
  ])('goes by TLS by way of %s that is configured as sip (RFC 5630 §5.1.1)', async (_, servers) => {
    const account = { ...peerAccount, uri: 'sip:door@pbx.example', ...servers };
    const caller = await side('10.0.0.9', account);
    const callee = await side('10.0.0.1');
    caller.agent.invite({ target: 'sips:101@pbx.example', account, offer });
    await clock.advanceAsync(10);
    expect(callee.calls).toHaveLength(1);
    expect(protocols(caller)).toEqual(['tls']);
    expect(requests(caller, 'INVITE')[0]?.headers.get('Route') ?? '<sips:').toMatch(/^<sips:/);
  });

  it('is not handed on to sip by a REFER, to sips it is', async () => {
    const caller = await side('10.0.0.9');
    const callee = await side('10.0.0.1');
    const session = caller.agent.invite({ target: 'sips:x@pbx.example', account: peerAccount, offer });
    const asked: string[] = [];
    session.on('refer', (referral) => {
      asked.push(referral.target);
      referral.accept();
    });
    await clock.advanceAsync(10);
    callee.calls[0]?.accept(answer);
    clock.advance(10);
    const told: number[] = [];
    callee.calls[0]?.refer('sip:bob@10.0.0.3', { done: (status) => told.push(status) });
    clock.advance(10);
    expect([asked, told]).toEqual([[], [603]]);
    callee.calls[0]?.refer('sips:bob@10.0.0.3', { done: () => undefined });
    clock.advance(10);
    expect(asked).toEqual(['sips:bob@10.0.0.3']);
  });

  it('ends by TLS though the peer has answered with a Contact that leads to UDP', async () => {
    const got: SipRequest[] = [];
    await streams
      .host('10.0.0.1', ['pbx.example'])
      .listen({ protocol: 'tls', address: '10.0.0.1', port: 5061 }, (socket) => {
        const nothing = (): void => undefined;
        const data = (bytes: Buffer): void => {
          const parsed = parseMessage(bytes);
          if (!parsed.ok || parsed.value.kind !== 'request') return;
          got.push(parsed.value);
          if (parsed.value.method === 'ACK') return;
          const headers = [['Contact', '<sip:x@10.0.0.1:5060;transport=udp>']] as const;
          socket.write(serialize(createResponse(parsed.value, 200, { toTag: 'them', headers, body: answer })));
        };
        return { reached: nothing, opened: nothing, drained: nothing, closed: nothing, data };
      });
    const caller = await side('10.0.0.9');
    const session = caller.agent.invite({ target: 'sips:x@pbx.example', account: peerAccount, offer });
    await clock.advanceAsync(10);
    session.hangup();
    await clock.advanceAsync(10);
    expect(got.map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(protocols(caller)).toEqual(['tls']);
  });
});

describe('how far TLS reaches', () => {
  it.each([
    ['sip:x@10.0.0.1', 'clear'],
    ['sip:x@pbx.example;transport=tls', 'tls'],
    ['sips:x@pbx.example', 'sips'],
  ])('in a call to %s: %s, on both sides', async (target, reach) => {
    const caller = await side('10.0.0.9');
    const callee = await side('10.0.0.1');
    const session = caller.agent.invite({ target, account: peerAccount, offer });
    await clock.advanceAsync(10);
    expect([session.signalling, callee.calls[0]?.signalling]).toEqual([reach, reach]);
  });
});

describe('an account that is sips', () => {
  it('registers a sips Contact, by TLS, in the name of a sips URI (RFC 5630 §5.1.1.1)', async () => {
    await side('10.0.0.1');
    const account = { ...peerAccount, uri: 'sips:door@pbx.example', register: true };
    const door = await side('10.0.0.9', account);
    await clock.advanceAsync(10);
    const [register] = requests(door, 'REGISTER');
    expect(register?.headers.get('Contact')).toMatch(/^<sips:door@10\.0\.0\.9:5061>/);
    expect(register?.headers.get('To')).toContain('<sips:door@pbx.example>');
    expect(protocols(door)).toEqual(['tls']);
  });

  it('that is sip has no sips Contact, by TLS either', async () => {
    await side('10.0.0.1');
    const registrar = 'sip:pbx.example;transport=tls';
    const door = await side('10.0.0.9', { ...peerAccount, uri: 'sip:door@pbx.example', registrar, register: true });
    await clock.advanceAsync(10);
    const [register] = requests(door, 'REGISTER');
    expect(register?.headers.get('Contact')).toMatch(/^<sip:door@10\.0\.0\.9:5061;transport=tls>/);
  });

  it.each([
    ['sips:door@pbx.example', 'sips'],
    ['sip:door@pbx.example', 'tls'],
  ])('is reached by its sips Contact through a registrar that was asked for %s: %s', async (asked, reach) => {
    const door = await side('10.0.0.9');
    const lines = [
      'INVITE sips:door@10.0.0.9 SIP/2.0',
      'Via: SIP/2.0/TLS 10.0.0.7:5061;branch=z9hG4bK-upgraded',
      'From: <sip:x@10.0.0.7>;tag=1',
      `To: <${asked}>`,
      'Call-ID: upgraded',
      'CSeq: 1 INVITE',
      'Max-Forwards: 70',
      'Contact: <sip:x@10.0.0.7:5061;transport=tls>',
      'Content-Length: 0',
    ];
    const nothing = (): void => undefined;
    const target = { protocol: 'tls', address: '10.0.0.9', port: 5061 } as const;
    const socket = streams.host('10.0.0.7').connect(
      target,
      {},
      {
        reached: nothing,
        opened: () => socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)),
        drained: nothing,
        closed: nothing,
        data: nothing,
      },
    );
    await clock.advanceAsync(10);
    expect(door.calls.map(({ signalling }) => signalling)).toEqual([reach]);
  });
});

describe('a request to a sips URI that comes in the clear', () => {
  const heardBy = async (method: string, uri: string): Promise<string[]> => {
    const peer = await network.host('10.0.0.7').bind('10.0.0.7', 5060);
    const heard: string[] = [];
    peer.onMessage((bytes) => heard.push(bytes.toString()));
    const lines = [
      `${method} ${uri} SIP/2.0`,
      'Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK-clear',
      'From: <sip:x@10.0.0.7>;tag=1',
      `To: <${uri}>`,
      'Call-ID: clear',
      `CSeq: 1 ${method}`,
      'Contact: <sip:x@10.0.0.7>',
      'Content-Length: 0',
    ];
    peer.send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), 5060, '10.0.0.9', () => undefined);
    await clock.advanceAsync(10);
    return heard;
  };

  it.each(['INVITE', 'OPTIONS'])('is refused with 480 and the warning 380: %s (RFC 5630 §5.1.2)', async (method) => {
    const door = await side('10.0.0.9');
    const heard = (await heardBy(method, 'sips:door@10.0.0.9')).join('\n');
    expect(heard).toContain('SIP/2.0 480 ');
    expect(heard).toMatch(/^Warning: 380 \S+ "SIPS Not Allowed"/m);
    expect(door.calls).toEqual([]);
  });

  it('is refused with 416 by whoever has no TLS (RFC 3261 §8.2.2.1)', async () => {
    const door = await side('10.0.0.9', peerAccount, false);
    expect((await heardBy('INVITE', 'sips:door@10.0.0.9')).join('\n')).toContain('SIP/2.0 416 ');
    expect(door.calls).toEqual([]);
  });

  it('is taken where it is to a sip URI', async () => {
    const door = await side('10.0.0.9');
    await heardBy('INVITE', 'sip:door@10.0.0.9');
    expect(door.calls).toHaveLength(1);
  });
});

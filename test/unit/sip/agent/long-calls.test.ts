// A call over TCP or TLS in which nobody says anything for hours: its connection stays (RFC 3261 §18), and is the one
// that its end goes by, whoever ends it.

import { describe, expect, it } from 'vitest';
import { type Millis, minutes, seconds } from '../../../../src/base/units.ts';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { Protocol } from '../../../../src/sip/message/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answer, offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';
import { StreamPhone } from '../../../support/stream-phone.ts';

const DOOR = '10.0.0.9';
const PHONE = '10.0.0.1';
const hours = (count: number): Millis => minutes(60 * count);

interface Talk {
  readonly clock: FakeClock;
  readonly agent: SipAgent;
  readonly phone: StreamPhone;
  readonly session: Session;
  readonly ears: SessionEars;
}

async function start(protocol: Protocol): Promise<Omit<Talk, 'session' | 'ears'> & { readonly calls: Session[] }> {
  const clock = new FakeClock();
  const streams = new MemoryStreams(clock);
  const port = protocol === 'tls' ? 5061 : 5060;
  const phone = await StreamPhone.plug(streams.host(PHONE, ['phone.example']), { protocol, address: PHONE, port }, () =>
    clock.now(),
  );
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(3),
    log: new RecordingLog(),
    network: new MemoryNetwork(clock).host(DOOR),
    streams: streams.host(DOOR),
    listen: [{ protocol, address: DOOR, port }],
    accounts: [peerAccount],
    admit: () => undefined,
    resolve: () => Promise.resolve([PHONE]),
    userAgent: 'test',
  });
  const calls: Session[] = [];
  agent.on('invite', (session) => calls.push(session));
  await agent.start();
  return { clock, agent, phone, calls };
}

async function talkOut(protocol: Protocol = 'tcp'): Promise<Talk> {
  const made = await start(protocol);
  const target = protocol === 'tls' ? 'sip:x@phone.example;transport=tls' : `sip:x@${PHONE};transport=tcp`;
  const session = made.agent.invite({ target, account: peerAccount, offer });
  await made.clock.advanceAsync(10);
  made.phone.answer(made.phone.request('INVITE'), 200, 'v=0 answer');
  made.clock.advance(10);
  expect(session.state).toBe('confirmed');
  return { ...made, session, ears: new SessionEars(session) };
}

async function talkIn(): Promise<Talk> {
  const made = await start('tcp');
  made.phone.connect({ protocol: 'tcp', address: DOOR, port: 5060 });
  made.clock.advance(10);
  const lines = [
    `INVITE sip:door@${DOOR} SIP/2.0`,
    `Via: SIP/2.0/TCP ${PHONE}:40000;branch=z9hG4bK-in`,
    `From: <sip:phone@${PHONE}>;tag=phone-tag`,
    `To: <sip:door@${DOOR}>`,
    'Call-ID: in',
    'CSeq: 1 INVITE',
    `Contact: ${made.phone.contact}`,
    'Content-Length: 0',
  ];
  made.phone.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  made.clock.advance(10);
  const [session] = made.calls;
  if (session === undefined) throw new Error('no call came');
  session.accept(answer);
  made.clock.advance(10);
  const tag = made.phone.responses.at(-1)?.toTag;
  const ack = lines.map((line) => {
    if (line.startsWith('INVITE')) return line.replace('INVITE', 'ACK');
    if (line.startsWith('Via')) return line.replace('bK-in', 'bK-in-ack');
    if (line.startsWith('To')) return `${line};tag=${tag}`;
    return line === 'CSeq: 1 INVITE' ? 'CSeq: 1 ACK' : line;
  });
  made.phone.write(Buffer.from(`${ack.join('\r\n')}\r\n\r\n`));
  made.clock.advance(10);
  expect(session.state).toBe('confirmed');
  return { ...made, session, ears: new SessionEars(session) };
}

describe('a call of three hours without a word', () => {
  it.each<Protocol>(['tcp', 'tls'])(
    'over %s is ended by the phone, by the connection that it began by',
    async (over) => {
      const { clock, phone, ears } = await talkOut(over);
      clock.advance(hours(3));
      phone.send('BYE', { invite: phone.request('INVITE'), sequence: 900 });
      clock.advance(10);
      expect([phone.statuses('BYE'), ears.end?.reason]).toEqual([[200], 'remote-hangup']);
      expect([phone.sockets.length, phone.closed.size]).toEqual([1, 0]);
    },
  );

  it.each<Protocol>(['tcp', 'tls'])('over %s is ended by us, by the same connection', async (over) => {
    const { clock, phone, session } = await talkOut(over);
    clock.advance(hours(3));
    session.hangup();
    clock.advance(10);
    phone.answer(phone.request('BYE'), 200);
    clock.advance(10);
    expect([phone.sockets.length, phone.closed.size]).toEqual([1, 0]);
  });

  it('that the phone began by a connection of its own keeps that one as well', async () => {
    const { clock, phone, ears } = await talkIn();
    clock.advance(hours(3));
    expect([phone.sockets.length, phone.closed.size]).toEqual([1, 0]);
    phone.write(
      Buffer.from(
        [
          `BYE sip:door@${DOOR} SIP/2.0`,
          `Via: SIP/2.0/TCP ${PHONE}:40000;branch=z9hG4bK-bye`,
          `From: <sip:phone@${PHONE}>;tag=phone-tag`,
          `To: <sip:door@${DOOR}>;tag=${phone.responses.at(-1)?.toTag}`,
          'Call-ID: in',
          'CSeq: 2 BYE',
          'Content-Length: 0\r\n\r\n',
        ].join('\r\n'),
      ),
    );
    clock.advance(10);
    expect([phone.statuses('BYE'), ears.end?.reason]).toEqual([[200], 'remote-hangup']);
  });

  it('has NATs reminded of it every two minutes at least, and no faster than RFC 5626 §4.4.1 has it', async () => {
    const { clock, phone } = await talkOut();
    clock.advance(hours(3));
    const pauses = phone.lineEnds.map((at, index) => at - (phone.lineEnds[index - 1] ?? 0)).slice(1);
    expect(pauses.length).toBeGreaterThan(85);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(seconds(95));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(seconds(120));
    expect(new Set(pauses).size).toBeGreaterThan(10);
  });

  it('lets its connection go when it is over: idle as any, it is closed', async () => {
    const { clock, phone, session } = await talkOut();
    clock.advance(hours(1));
    session.hangup();
    clock.advance(10);
    phone.answer(phone.request('BYE'), 200);
    clock.advance(minutes(9));
    expect(phone.closed.size).toBe(0);
    clock.advance(minutes(3));
    expect([phone.closed.size, clock.timers]).toEqual([1, []]);
  });
});

describe('a call whose connection breaks', () => {
  it('goes on by a new one to where the phone said that it is', async () => {
    const { clock, phone, session, ears } = await talkOut();
    clock.advance(hours(1));
    phone.sockets[0]?.cut();
    clock.advance(minutes(30));
    expect([session.state, phone.sockets.length]).toEqual(['confirmed', 1]);
    session.hangup();
    clock.advance(10);
    phone.answer(phone.request('BYE'), 200);
    clock.advance(10);
    expect([phone.sockets.length, ears.end?.reason]).toEqual([2, 'local-hangup']);
  });

  it('keeps the one that the phone comes back by', async () => {
    const { clock, phone } = await talkOut();
    phone.sockets[0]?.cut();
    clock.advance(10);
    phone.connect({ protocol: 'tcp', address: DOOR, port: 5060 });
    clock.advance(10);
    phone.send('OPTIONS', { invite: phone.request('INVITE'), sequence: 900 });
    clock.advance(hours(2));
    expect([phone.statuses('OPTIONS'), phone.closed.size]).toEqual([[200], 0]);
  });

  it('keeps no more than four, however often the phone comes by another', async () => {
    const { clock, phone } = await talkOut();
    for (let turn = 0; turn < 8; turn += 1) {
      phone.connect({ protocol: 'tcp', address: DOOR, port: 5060 });
      clock.advance(10);
      phone.send('OPTIONS', { invite: phone.request('INVITE'), sequence: 900 + turn });
      clock.advance(10);
    }
    clock.advance(hours(1));
    expect(phone.statuses('OPTIONS')).toHaveLength(8);
    expect(phone.sockets.length - phone.closed.size).toBe(4);
  });
});

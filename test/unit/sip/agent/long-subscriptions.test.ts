// Subscriptions over TCP of which nothing is heard for hours: the connection stays, and a change comes by it. Who is behind
// a NAT is reached by no other.

import { describe, expect, it } from 'vitest';
import { type Millis, minutes, seconds } from '../../../../src/base/units.ts';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { offer, peerAccount } from '../../../support/sip-bench.ts';
import { StreamPhone } from '../../../support/stream-phone.ts';

const DOOR = '10.0.0.9';
const PEER = '10.0.0.1';
const LIFE = seconds(86_400);
const hours = (count: number): Millis => minutes(60 * count);

async function start() {
  const clock = new FakeClock();
  const streams = new MemoryStreams(clock);
  const place = { protocol: 'tcp', address: PEER, port: 5060 } as const;
  const peer = await StreamPhone.plug(streams.host(PEER), place, () => clock.now());
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(3),
    log: new RecordingLog(),
    network: new MemoryNetwork(clock).host(DOOR),
    streams: streams.host(DOOR),
    listen: [{ protocol: 'tcp', address: DOOR, port: 5060 }],
    accounts: [peerAccount],
    admit: () => undefined,
    resolve: () => Promise.resolve([PEER]),
    userAgent: 'test',
    dialogDetail: () => 'calls',
  });
  await agent.start();
  return { clock, peer, agent };
}

/** The door watches something at the peer. */
async function watching() {
  const made = await start();
  const { agent, clock, peer } = made;
  const target = `sip:profile@${PEER};transport=tcp`;
  const subscription = agent.subscribe({ target, account: peerAccount, event: 'reg', accept: ['a/b'], expires: LIFE });
  await clock.advanceAsync(10);
  const invite = peer.request('SUBSCRIBE');
  peer.answer(invite, 200, undefined, [['Expires', '86400']]);
  const notify = (sequence: number, state = 'active;expires=86400'): void => {
    const headers = [
      ['Contact', peer.contact],
      ['Event', 'reg'],
      ['Subscription-State', state],
    ] as const;
    peer.send('NOTIFY', { invite, sequence }, headers);
    clock.advance(10);
  };
  notify(1);
  expect(subscription.status.state).toBe('active');
  return { ...made, subscription, notify };
}

/** The peer watches the door's calls. */
async function watched() {
  const made = await start();
  const { clock, peer } = made;
  peer.connect({ protocol: 'tcp', address: DOOR, port: 5060 });
  clock.advance(10);
  const subscribe = (sequence: number, expires: number, tag = ''): void => {
    const lines = [
      `SUBSCRIBE sip:door@${DOOR} SIP/2.0`,
      `Via: SIP/2.0/TCP ${PEER}:40000;branch=z9hG4bK-watch-${sequence}`,
      `From: <sip:phone@${PEER}>;tag=phone-tag`,
      `To: <sip:door@${DOOR}>${tag}`,
      'Call-ID: watcher',
      `CSeq: ${sequence} SUBSCRIBE`,
      // Phones over TCP say the port that they have there, or their server does for them.
      `Contact: <sip:phone@${PEER}:${peer.sockets[0]?.local?.port};transport=tcp>`,
      'Event: dialog',
      `Expires: ${expires}`,
      'Content-Length: 0',
    ];
    peer.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
    clock.advance(10);
  };
  subscribe(1, 3600);
  const [granted] = peer.responses;
  expect(granted?.status).toBe(200);
  peer.write(serialize(createResponse(peer.request('NOTIFY'), 200)));
  clock.advance(10);
  return { ...made, unsubscribe: () => subscribe(2, 0, `;tag=${granted?.toTag}`) };
}

describe('what the door watches', () => {
  it('comes by the connection that the door has opened, hours later', async () => {
    const { clock, peer, notify } = await watching();
    clock.advance(hours(5));
    expect([peer.sockets.length, peer.closed.size]).toEqual([1, 0]);
    notify(2);
    expect(peer.statuses('NOTIFY')).toEqual([200, 200]);
    const pauses = peer.lineEnds.map((at, index) => at - (peer.lineEnds[index - 1] ?? 0)).slice(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(seconds(120));
    expect(pauses.length).toBeGreaterThan(140);
  });

  it('leaves the connection as any when it is over', async () => {
    const { clock, peer, notify } = await watching();
    clock.advance(hours(1));
    notify(2, 'terminated;reason=rejected');
    clock.advance(minutes(9));
    expect(peer.closed.size).toBe(0);
    clock.advance(minutes(3));
    expect([peer.closed.size, clock.timers]).toEqual([1, []]);
  });
});

describe('who watches the door', () => {
  it('is told of a call by the connection that it has opened, most of an hour later', async () => {
    const { agent, clock, peer } = await watched();
    clock.advance(minutes(50));
    expect([peer.sockets.length, peer.closed.size]).toEqual([1, 0]);
    agent.invite({ target: 'sip:x@10.0.0.7', account: peerAccount, offer });
    await clock.advanceAsync(10);
    expect(peer.requests.filter(({ method }) => method === 'NOTIFY').length).toBeGreaterThan(1);
    expect(peer.sockets).toHaveLength(1);
  });

  it('has its connection let go with the subscription', async () => {
    const { clock, peer, unsubscribe } = await watched();
    clock.advance(minutes(50));
    unsubscribe();
    peer.write(serialize(createResponse(peer.request('NOTIFY'), 200)));
    clock.advance(minutes(12));
    expect([peer.closed.size, clock.timers]).toEqual([1, []]);
  });
});

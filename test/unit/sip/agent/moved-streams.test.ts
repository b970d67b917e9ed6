// The door gets another address while it talks over TCP or TLS: its connection begins at an address that is gone, so
// nothing arrives by it any more, though nobody says so. The call goes on by another (RFC 6141 §4).

import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../src/base/units.ts';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { Protocol } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { MemoryStreams } from '../../../support/memory-streams.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';
import { StreamPhone } from '../../../support/stream-phone.ts';

const OLD = '10.0.0.9';
const NEW = '10.0.0.77';
const PHONE = '10.0.0.1';
const ALLOW: readonly (readonly [string, string])[] = [['Allow', 'INVITE, ACK, BYE, UPDATE']];

/** The door talks with a phone that it has called over TCP or TLS. */
async function talk(protocol: Protocol, headers: typeof ALLOW = []) {
  const clock = new FakeClock();
  const streams = new MemoryStreams(clock);
  const port = protocol === 'tls' ? 5061 : 5060;
  const place = { protocol, address: PHONE, port };
  const phone = await StreamPhone.plug(streams.host(PHONE, ['phone.example']), place, () => clock.now());
  const host = new MemoryNetwork(clock).host(OLD);
  const wire = streams.host(OLD);
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(3),
    log: new RecordingLog(),
    network: host,
    streams: wire,
    listen: [{ protocol, address: '0.0.0.0', port }],
    accounts: [peerAccount],
    admit: () => undefined,
    resolve: () => Promise.resolve([PHONE]),
    userAgent: 'test',
  });
  await agent.start();
  const target = protocol === 'tls' ? 'sip:x@phone.example;transport=tls' : `sip:x@${PHONE};transport=tcp`;
  const session = agent.invite({ target, account: peerAccount, offer });
  await clock.advanceAsync(10);
  phone.answer(phone.request('INVITE'), 200, 'v=0 answer', headers);
  clock.advance(10);
  const ears = new SessionEars(session);
  const move = (...addresses: readonly string[]): void => {
    host.renumber(...addresses);
    wire.address = addresses[0] ?? OLD;
    agent.networkChanged();
    clock.advance(10);
  };
  return { clock, phone, session, ears, move, port };
}

describe.each<Protocol>(['tcp', 'tls'])('an address of ours that changes in a call over %s', (protocol) => {
  it('is told by a new connection, by which the phone hangs up', async () => {
    const { phone, clock, ears, move, port } = await talk(protocol, ALLOW);
    move(NEW);
    const update = phone.request('UPDATE');
    expect([phone.sockets.length, phone.sockets[1]?.remote.address]).toEqual([2, NEW]);
    expect(update.headers.get('Contact')).toBe(`<sip:door@${NEW}:${port};transport=${protocol}>`);
    expect(update.topVia).toMatchObject({ protocol, host: NEW });
    phone.answer(update, 200);
    clock.advance(minutes(30));
    phone.send('BYE', { invite: phone.request('INVITE'), sequence: 900 });
    clock.advance(10);
    expect([phone.statuses('BYE'), ears.end?.reason, phone.sockets.length]).toEqual([[200], 'remote-hangup', 2]);
  });

  it('is told by a re-INVITE where UPDATE is not taken, and the call is ended by us', async () => {
    const { phone, clock, session, ears, move } = await talk(protocol);
    move(NEW);
    const again = phone.request('INVITE');
    expect([again.topVia.host, again.body.toString()]).toEqual([NEW, 'v=0 offer']);
    phone.answer(again, 200, 'v=0 answer');
    clock.advance(10);
    expect(phone.request('ACK').topVia.host).toBe(NEW);
    session.hangup();
    clock.advance(10);
    phone.answer(phone.request('BYE'), 200);
    clock.advance(10);
    expect([ears.end?.reason, phone.sockets.length]).toEqual(['local-hangup', 2]);
  });

  it('while a re-INVITE of ours is under way: it is offered again from the new one', async () => {
    const { phone, clock, session, ears, move } = await talk(protocol);
    session.reoffer({ type: 'application/sdp', data: Buffer.from('v=0 hold') });
    clock.advance(10);
    const first = phone.request('INVITE');
    move(NEW);
    clock.advance(1000);
    const second = phone.request('INVITE');
    expect([second.cseq.number, second.topVia.host]).toEqual([first.cseq.number + 1, NEW]);
    expect([second.body.toString(), phone.request('ACK').cseq.number]).toEqual(['v=0 hold', first.cseq.number]);
    phone.answer(second, 200, 'v=0 answer to hold');
    clock.advance(minutes(2));
    expect([session.state, ears.heard]).toEqual(['confirmed', ['answer: v=0 answer to hold']]);
  });

  it('leaves a connection alone that begins at one which stays', async () => {
    const { phone, clock, move } = await talk(protocol, ALLOW);
    move(NEW, OLD);
    phone.answer(phone.request('UPDATE'), 200);
    clock.advance(10);
    expect([phone.sockets.length, phone.closed.size]).toEqual([1, 0]);
  });
});

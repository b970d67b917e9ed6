// Calls of a door behind a NAT: what their descriptions say (RFC 3264 §5.1, §6), and what they wait for.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/base/units.ts';
import type { CallSettings } from '../../../src/call/index.ts';
import type { MappedPorts as Ports } from '../../../src/media/index.ts';
import { MappedPorts } from '../../../src/media/index.ts';
import { callRig, offerOf } from '../../support/call-rig.ts';
import { lineOf, peerSdp } from '../../support/peer-sdp.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const SERVER = { address: '192.0.2.1', port: 3478 };
const DOOR = '192.168.7.2';
const PHONE = '198.51.100.9';

function rig(settings: Partial<CallSettings> = {}) {
  let made: Ports | undefined;
  const calls = callRig(settings, undefined, (engine, clock) => {
    made = new MappedPorts({
      clock,
      random: new SeededRandom(),
      log: new RecordingLog(),
      engine,
      silenceAfter: seconds(5),
      findServers: (found) => found([SERVER]),
      localAddress: () => calls.agent.address,
      troubled: () => undefined,
    });
    return { ports: made };
  });
  if (made === undefined) throw new Error('no ports were made');
  const ports = made;
  const { agent, clock, media } = calls;
  agent.address = DOOR;
  agent.remote = PHONE;
  ports.start();
  clock.advance(0);
  /** The server answers. */
  const sees = (port: number): void => {
    const address = '203.0.113.7';
    media().serverSays(SERVER, { rtp: { address, port }, rtcp: { address, port: port + 7 } });
    clock.advance(20);
  };
  return { ...calls, ports, sees };
}

const placeIn = (sdp: string) => [lineOf(sdp, 'c='), Number(lineOf(sdp, 'm=audio ')?.split(' ')[0])];

describe('a call out', () => {
  it('offers the place that a server has seen, and RTCP’s', () => {
    const { dial, agent, sees, engine } = rig();
    sees(40_000);
    dial();
    const offer = offerOf(agent.session);
    expect(placeIn(offer)).toEqual(['IN IP4 203.0.113.7', 40_000]);
    expect(lineOf(offer, 'a=rtcp:')).toBe('40007');
    expect(offer).not.toContain(DOOR);
    // The peer's answer configures the session that was seen there.
    agent.session.peerAccepts(peerSdp({ port: 4000 }));
    expect(engine.sessions[0]?.parameters).toMatchObject({ remotePort: 4000, direction: 'sendrecv' });
  });

  it('offers our own to a phone in the house, at once', () => {
    const { dial, agent } = rig();
    agent.remote = '192.168.7.40';
    dial();
    expect(lineOf(offerOf(agent.session), 'c=')).toBe(`IN IP4 ${DOOR}`);
  });

  it('is sent when the server has answered, or a second later', () => {
    const answered = rig();
    answered.dial();
    expect(answered.agent.sessions).toEqual([]);
    answered.sees(40_000);
    expect(placeIn(offerOf(answered.agent.session))).toEqual(['IN IP4 203.0.113.7', 40_000]);
    const silent = rig();
    silent.dial();
    silent.clock.advance(1000);
    expect(lineOf(offerOf(silent.agent.session), 'c=')).toBe(`IN IP4 ${DOOR}`);
  });

  it('that is given up meanwhile is never sent', () => {
    const { dial, agent, clock, ends, engine } = rig();
    const call = dial();
    call.hangup();
    clock.advance(2000);
    expect(agent.sessions).toEqual([]);
    expect(ends).toEqual([{ reason: 'cancelled' }]);
    expect(engine.open).toHaveLength(1);
  });

  it('that cannot be sent says so as ever', () => {
    const { dial, agent, clock, ends } = rig();
    agent.inviteFailure = new Error('no such target');
    dial();
    clock.advance(1100);
    expect(ends).toMatchObject([{ reason: 'failed' }]);
  });

  it('keeps its place in later offers, and is not moved by the peer’s hold', () => {
    const { talk, agent, sees, reoffers } = rig();
    sees(40_000);
    const call = talk();
    call.hold();
    expect(placeIn(reoffers()[0] ?? '')).toEqual(['IN IP4 203.0.113.7', 40_000]);
    const held = agent.session.peerOffers(peerSdp({ version: 2, direction: 'sendonly' }));
    expect(placeIn(held.accepted ?? '')).toEqual(['IN IP4 203.0.113.7', 40_000]);
  });

  it('moves to ports that are seen from the new address, when that is known', () => {
    const { talk, agent, sees, ports, clock, reoffers, media } = rig();
    sees(40_000);
    talk();
    agent.address = '192.168.9.9';
    ports.networkChanged();
    agent.session.networkChanges();
    expect(reoffers()).toEqual([]);
    clock.advance(0);
    sees(45_000);
    expect(placeIn(reoffers()[0] ?? '')).toEqual(['IN IP4 203.0.113.7', 45_000]);
    const moved = media(1);
    agent.session.peerAnswers(peerSdp({ version: 2, port: 4002 }));
    expect([moved.address, moved.parameters?.remotePort]).toEqual(['192.168.9.9', 4002]);
  });
});

describe('a call with keys of a handshake (RFC 5763)', () => {
  it('takes ports that are seen from the new address, and its keys along', () => {
    const print = new Array<string>(32).fill('C0').join(':');
    const sdp = (version: number) =>
      peerSdp({ version }).replace('a=ptime:20', `a=fingerprint:sha-256 ${print}\r\na=setup:active`);
    const { dial, agent, engine, sees, ports, clock, reoffers, media } = rig({ srtp: 'optional', keying: ['dtls'] });
    sees(40_000);
    dial();
    agent.session.peerAccepts(sdp(1));
    agent.address = '192.168.9.9';
    ports.networkChanged();
    agent.session.networkChanges();
    clock.advance(0);
    const { localPort } = media();
    sees(45_000);
    expect(placeIn(reoffers()[0] ?? '')).toEqual(['IN IP4 203.0.113.7', 45_000]);
    expect([media(0).localPort, media(0).address, media(0).closed]).toEqual([localPort, '192.168.9.9', false]);
    agent.session.peerAnswers(sdp(2));
    expect(media(0).parameters?.dtls?.association).toBe(1);
    // It, and the next call's.
    clock.advance(0);
    expect(engine.open).toHaveLength(2);
  });
});

describe('a call in', () => {
  it('is answered with the place that a server has seen', () => {
    const { calls, listen, agent, sees } = rig();
    sees(40_000);
    calls.on('incoming', (call) => listen(call).answer());
    const session = agent.peerCalls('sip:102@example.com', peerSdp(), PHONE);
    expect(placeIn(session.acceptedWith ?? '')).toEqual(['IN IP4 203.0.113.7', 40_000]);
  });

  it('from the house is answered with our own', () => {
    const { calls, listen, agent, sees } = rig();
    sees(40_000);
    calls.on('incoming', (call) => listen(call).answer());
    const session = agent.peerCalls('sip:102@example.com', peerSdp(), '192.168.7.40');
    expect(lineOf(session.acceptedWith ?? '', 'c=')).toBe(`IN IP4 ${DOOR}`);
  });

  it('is said when the server has answered; one that is given up meanwhile is not', () => {
    const { calls, listen, agent, sees, clock, ends } = rig();
    const said: string[] = [];
    calls.on('incoming', (call) => {
      said.push(call.peer);
      listen(call).answer();
    });
    const first = agent.peerCalls('sip:102@example.com', peerSdp(), PHONE);
    const second = agent.peerCalls('sip:103@example.com', peerSdp(), PHONE);
    expect([said, first.deeds]).toEqual([[], []]);
    second.peerHangsUp();
    sees(40_000);
    expect(said).toEqual(['sip:102@example.com']);
    expect(placeIn(first.acceptedWith ?? '')).toEqual(['IN IP4 203.0.113.7', 40_000]);
    clock.advance(2000);
    expect([second.deeds, ends, calls.active.size]).toEqual([[], [], 1]);
  });
});

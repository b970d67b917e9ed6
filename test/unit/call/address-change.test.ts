// The machine gets another address in the middle of a call: the sound moves there, and everything else of the call stays
// (RFC 3264 §8.3.1, RFC 4568 §7.1.4, RFC 6141 §4).

import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import type { Call, CallSettings } from '../../../src/call/index.ts';
import { End } from '../../support/call-end.ts';
import { callRig } from '../../support/call-rig.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { emptyStatistics } from '../../support/fake-engine.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { lineOf, peerSdp } from '../../support/peer-sdp.ts';
import { messageIn } from '../../support/two-agents.ts';

const OLD = '192.0.2.10';
const NEW = '192.0.2.77';
const KEY = Buffer.alloc(30, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(30, 8).toString('base64');

function createRig(settings: Partial<CallSettings> = {}) {
  const rig = callRig(settings, (call, say) => {
    for (const name of ['answered', 'formatChanged', 'earlyMedia'] as const) call.on(name, () => say(name));
    for (const name of ['held', 'resumed'] as const) call.on(name, (by) => say(`${name} ${by}`));
    call.on('ringing', (status) => say(`ringing ${status}`));
    call.on('mediaStarted', (direction) => say(`started ${direction}`));
    call.on('reception', (silent) => say(silent ? 'silent' : 'back'));
    call.on('ended', ({ reason }) => say(`ended ${reason}`));
  });
  const move = (address = NEW) => {
    rig.agent.address = address;
    for (const session of [...rig.agent.sessions]) session.networkChanges();
  };
  return { ...rig, move };
}

describe('a call that is up', () => {
  it('offers ports at the new address, and moves to them when the peer has agreed', () => {
    const { agent, talk, move, media, reoffers, heard } = createRig();
    const call = talk();
    move();
    expect([media(0).address, media(1).address]).toEqual([OLD, NEW]);
    expect(lineOf(reoffers()[0] ?? '', 'c=')).toBe(`IN IP4 ${NEW}`);
    expect(lineOf(reoffers()[0] ?? '', 'm=audio ')).toMatch(new RegExp(`^${media(1).localPort} `));
    // Until then the peer sends to the old one.
    expect([media(0).closed, media(1).configured, call.mediaId]).toEqual([false, [], media(0).id]);
    agent.session.peerAnswers(peerSdp({ version: 2, port: 4002 }));
    expect([media(0).closed, call.mediaId]).toEqual([true, media(1).id]);
    expect(media(1).parameters).toMatchObject({ remotePort: 4002, direction: 'sendrecv' });
    expect(heard).toEqual([]);
  });

  it('keeps its address where it has not changed', () => {
    const { talk, move, engine, reoffers } = createRig();
    talk();
    move(OLD);
    expect([engine.sessions.length, reoffers()]).toEqual([1, []]);
  });

  it('has fresh keys there', () => {
    const { agent, talk, move, media } = createRig({ srtp: 'required' });
    talk(peerSdp({ key: KEY }));
    move();
    agent.session.peerAnswers(peerSdp({ key: OTHER_KEY, version: 2 }));
    const [before, after] = [media(0).parameters, media(1).parameters];
    expect(after?.receive?.key.reveal()).toBe(OTHER_KEY);
    expect(after?.send?.key.reveal()).not.toBe(before?.send?.key.reveal());
  });

  it('keeps the keys of a handshake: their ports move', () => {
    const print = new Array<string>(32).fill('C0').join(':');
    const sdp = (version: number) =>
      peerSdp({ version }).replace('a=ptime:20', `a=fingerprint:sha-256 ${print}\r\na=setup:active`);
    const { agent, engine, talk, move, media, reoffers, heard } = createRig({ srtp: 'optional', keying: ['dtls'] });
    const call = talk(sdp(1));
    engine.emit('secured', media().id, 1, 'AEAD_AES_128_GCM', millis(0));
    const tlsId = lineOf(agent.session.invite?.offer?.data.toString() ?? '', 'a=tls-id:');
    move();
    expect([engine.open, media(0).address]).toEqual([[media(0)], NEW]);
    expect(lineOf(reoffers()[0] ?? '', 'm=audio ')).toMatch(new RegExp(`^${media(0).localPort} `));
    expect(lineOf(reoffers()[0] ?? '', 'a=tls-id:')).toBe(tlsId);
    agent.session.peerAnswers(sdp(2));
    expect([media(0).parameters?.dtls?.association, call.format?.encrypted, heard]).toEqual([
      1,
      true,
      ['formatChanged'],
    ]);
  });

  it('stays held', () => {
    const { agent, talk, move, media, reoffers, heard } = createRig();
    const call = talk();
    call.hold();
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    move();
    expect(lineOf(reoffers().at(-1) ?? '', 'c=')).toBe(`IN IP4 ${NEW}`);
    expect(reoffers().at(-1)).toContain('a=inactive');
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 3 }));
    expect([media(1).parameters?.direction, heard]).toEqual(['inactive', ['held us']]);
    call.resume();
    agent.session.peerAnswers(peerSdp({ version: 4 }));
    expect(media(1).parameters?.direction).toBe('sendrecv');
  });

  it('is not moved by the answer to what was offered before', () => {
    const { agent, talk, move, media } = createRig();
    const call = talk();
    // Made when the session sends them: the hold has gone, the move waits for it.
    const session = agent.session;
    const waiting: (() => void)[] = [];
    call.hold();
    const reoffer = session.reoffer.bind(session);
    session.reoffer = (offer) => waiting.push(() => reoffer(offer));
    move();
    session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    expect([media(0).parameters?.direction, media(1).configured]).toEqual(['inactive', []]);
    for (const send of waiting) send();
    session.peerAnswers(peerSdp({ direction: 'inactive', version: 3 }));
    expect([media(0).closed, media(1).parameters?.direction]).toEqual([true, 'inactive']);
  });

  it('answers the peer’s own offer from the new address, and is moved by that', () => {
    const { agent, talk, move, media } = createRig();
    talk();
    move();
    const said = agent.session.peerOffers(peerSdp({ version: 2, port: 4004 })).accepted ?? '';
    expect([lineOf(said, 'c='), media(1).parameters?.remotePort]).toEqual([`IN IP4 ${NEW}`, 4004]);
  });

  it.each([
    ['heard still: stays where it is', 100, 0],
    ['heard no more: is said from the new address, with the keys that there are', 60_000, 1],
  ] as const)('whose peer refuses, and is %s', (_, later, serves) => {
    const { agent, clock, talk, move, media } = createRig({ srtp: 'required' });
    const call = talk(peerSdp({ key: KEY }));
    media(0).stats = { ...emptyStatistics, lastReceivedAt: clock.now() };
    move();
    clock.advance(later);
    agent.session.peerRefusesOffer(488);
    expect([call.state, call.mediaId]).toEqual(['talking', media(serves).id]);
    const before = media(0).configured[0];
    expect(media(serves).parameters?.send?.key.reveal()).toBe(before?.send?.key.reveal());
    expect(media(serves).parameters).toMatchObject({ remotePort: 4000, direction: 'sendrecv' });
  });

  it('goes on as it is where no port is to be had', () => {
    const { talk, move, engine, media, reoffers, log } = createRig();
    const call = talk();
    engine.noPort = true;
    move();
    expect([call.state, media(0).closed, reoffers()]).toEqual(['talking', false, []]);
    expect(log.lines.map(({ event }) => event)).toContain('call.move-failed');
  });

  it('follows a second move before the first is through, and leaves no port behind', () => {
    const { agent, talk, move, media, engine } = createRig();
    const call = talk();
    move();
    move('192.0.2.78');
    expect([media(1).closed, media(2).address]).toEqual([true, '192.0.2.78']);
    agent.session.peerAnswers(peerSdp({ version: 2 }));
    expect(call.mediaId).toBe(media(2).id);
    move();
    call.hangup();
    expect(engine.open).toEqual([]);
  });

  it('says once that sound began, that it is back, and counts all of it', () => {
    const { agent, engine, talk, move, media, heard, ends } = createRig();
    const call = talk();
    engine.startMedia(media(0));
    engine.emit('reception', media(0).id, true, millis(0));
    move();
    agent.session.peerAnswers(peerSdp({ version: 2 }));
    engine.startMedia(media(1));
    expect(heard).toEqual(['started out', 'started in', 'silent', 'back']);
    media(0).stats = { ...emptyStatistics, packetsReceived: 7 };
    media(1).stats = { ...emptyStatistics, packetsReceived: 100, packetsSent: 50, jitterMs: 3 };
    call.hangup();
    expect(ends[0]?.media).toMatchObject({ packetsSent: 50, packetsReceived: 100, jitterMs: 3 });
  });
});

describe('an outgoing call that rings', () => {
  it('is taken back, and dialled anew from the new address', () => {
    const { agent, dial, move, media, heard, engine } = createRig();
    const call = dial();
    agent.session.peerProgresses(180);
    const first = agent.session;
    move();
    expect(agent.dialled).toEqual(['sip:101@example.com', 'sip:101@example.com']);
    expect([first.count('hangup'), media(0).closed]).toEqual([1, true]);
    expect(lineOf(agent.session.invite?.offer?.data.toString() ?? '', 'c=')).toBe(`IN IP4 ${NEW}`);
    first.peerRejects(487);
    expect(call.state).toBe('ringing');
    agent.session.peerProgresses(180);
    agent.session.peerAccepts(peerSdp());
    expect([call.state, media(1).parameters?.remotePort]).toEqual(['talking', 4000]);
    expect(heard).toEqual(['ringing 180', 'answered']);
    call.hangup();
    expect([agent.session.count('hangup'), first.count('hangup'), engine.open]).toEqual([1, 1, []]);
  });

  it('has nothing of the early sound that there was', () => {
    const { agent, dial, move, media, heard } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp(), 'a');
    move();
    agent.session.peerAccepts(undefined, 'a');
    expect([media(1).configured, heard.at(-1)]).toEqual([[], 'ended failed']);
  });

  it('rings on where it cannot be dialled anew', () => {
    const { agent, dial, move, engine } = createRig();
    const call = dial();
    engine.noPort = true;
    move();
    expect([call.state, agent.sessions.length, agent.session.count('hangup')]).toEqual(['ringing', 1, 0]);
  });
});

describe('an incoming call that rings', () => {
  it('is answered from the new address', () => {
    const { agent, calls, listen, move, media, engine } = createRig();
    const rings: Call[] = [];
    calls.on('incoming', (call) => {
      rings.push(listen(call));
      call.ring();
    });
    const session = agent.peerCalls('sip:102@example.com', peerSdp());
    move();
    rings[0]?.answer();
    expect(lineOf(session.acceptedWith ?? '', 'c=')).toBe(`IN IP4 ${NEW}`);
    session.peerAcknowledges();
    expect([media(1).parameters?.direction, engine.open.length]).toEqual(['sendrecv', 1]);
  });
});

describe('over SIP', () => {
  it('the INVITE is cancelled by its own branch, and another one, of another call, is answered', async () => {
    const clock = new FakeClock();
    const network = new MemoryNetwork(clock, {}, 1);
    const door = new End('10.0.0.9', clock, network, 2, {}, '0.0.0.0');
    const phone = new End('10.0.0.1', clock, network, 3);
    await Promise.all([door.agent.start(), phone.agent.start()]);
    const rings: Call[] = [];
    phone.calls.on('incoming', (call) => {
      rings.push(phone.listen(call));
      call.ring();
    });
    const call = door.listen(door.calls.dial({ target: 'sip:phone@10.0.0.1', account: door.account }));
    clock.advance(10);
    door.host.renumber('10.0.0.77');
    door.agent.networkChanged();
    clock.advance(10);
    const sent = network.sent.map(messageIn);
    const [first, second] = sent.filter((message) => message.kind === 'request' && message.method === 'INVITE');
    const cancel = sent.find((message) => message.kind === 'request' && message.method === 'CANCEL');
    expect(cancel?.topVia.branch).toBe(first?.topVia.branch);
    expect(cancel?.headers.get('Reason')).toBe('SIP;cause=200;text="Called anew"');
    expect(second?.callId).not.toBe(first?.callId);
    expect(second?.headers.get('Contact')).toContain('10.0.0.77');
    expect(second?.body.toString()).toContain('c=IN IP4 10.0.0.77');
    rings.at(-1)?.answer();
    clock.advance(10);
    expect([call.state, door.heard]).toEqual(['talking', ['answered']]);
    expect(phone.engine.session?.parameters?.remoteAddress).toBe('10.0.0.77');
  });
});

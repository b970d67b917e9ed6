// Who holds whom, seen by the call: RFC 3264 §8.4, RFC 6337 §5.3.

import { describe, expect, it } from 'vitest';
import { callRig } from '../../support/call-rig.ts';
import { peerSdp } from '../../support/peer-sdp.ts';

function rig() {
  const made = callRig({}, (call, say) => {
    for (const name of ['held', 'resumed'] as const) call.on(name, (by) => say(`${name} ${by}`));
    call.on('answered', () => say('answered'));
    call.on('ended', ({ reason, cause }) => say(`ended ${reason}${cause === undefined ? '' : `: ${cause}`}`));
  });
  const direction = () => made.engine.session?.parameters?.direction;
  const offered = () => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(made.reoffers().at(-1) ?? '')?.[1];
  return { ...made, direction, offered };
}

describe('holding the peer', () => {
  it('is silent at once, offers inactive, and flows again when both want it', () => {
    const { agent, talk, heard, direction, offered } = rig();
    const call = talk();
    call.hold();
    call.hold();
    expect([direction(), offered(), heard]).toEqual(['inactive', 'inactive', ['held us']]);
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    expect(direction()).toBe('inactive');
    call.resume();
    expect([direction(), offered()]).toEqual(['inactive', 'sendrecv']);
    agent.session.peerAnswers(peerSdp({ version: 3 }));
    expect([direction(), heard]).toEqual(['sendrecv', ['held us', 'resumed us']]);
    expect(agent.session.count('reoffer')).toBe(2);
  });

  it('stays silent though the peer offers to talk, and though it has refused', () => {
    const { agent, talk, direction } = rig();
    const call = talk();
    call.hold();
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    expect(agent.session.peerOffers(peerSdp({ version: 3 })).accepted).toContain('a=inactive');
    expect(direction()).toBe('inactive');
  });

  it('is nothing before the answer', () => {
    const { agent, dial, heard } = rig();
    dial().hold();
    expect([agent.session.count('reoffer'), heard]).toEqual([0, []]);
  });
});

describe('being held', () => {
  it.each([
    ['sendonly', peerSdp({ direction: 'sendonly', version: 2 }), 'recvonly'],
    ['inactive', peerSdp({ direction: 'inactive', version: 2 }), 'inactive'],
    ['an address of zeros', peerSdp({ address: '0.0.0.0', version: 2 }), 'recvonly'],
    ['port 0', peerSdp({ port: 0, version: 2 }), 'inactive'],
  ])('by %s is told, and so is its end', (_, sdp, flows) => {
    const { agent, talk, heard, direction } = rig();
    talk();
    expect(agent.session.peerOffers(sdp).accepted).toBeDefined();
    expect([direction(), heard]).toEqual([flows, ['held peer']]);
    agent.session.peerOffers(peerSdp({ version: 3 }));
    expect([direction(), heard]).toEqual(['sendrecv', ['held peer', 'resumed peer']]);
  });

  it('and holding: both must take it back', () => {
    const { agent, talk, heard, direction, offered } = rig();
    const call = talk();
    agent.session.peerOffers(peerSdp({ direction: 'sendonly', version: 2 }));
    call.hold();
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 3 }));
    call.resume();
    expect(offered()).toBe('sendrecv');
    agent.session.peerAnswers(peerSdp({ direction: 'sendonly', version: 4 }));
    expect([direction(), heard]).toEqual(['recvonly', ['held peer', 'held us', 'resumed us']]);
    agent.session.peerOffers(peerSdp({ version: 5 }));
    expect([direction(), heard.at(-1)]).toEqual(['sendrecv', 'resumed peer']);
  });

  it('from the start is told after the answer', () => {
    const { agent, dial, heard } = rig();
    dial();
    agent.session.peerAccepts(peerSdp({ direction: 'sendonly' }));
    expect(heard).toEqual(['answered', 'held peer']);
  });
});

describe('the early sound of a forked call', () => {
  it('ends with its branch (RFC 6228), and stays through a 180 of another', () => {
    const { agent, dial, direction } = rig();
    dial();
    agent.session.peerProgresses(183, peerSdp(), 'one');
    agent.session.peerProgresses(180, undefined, 'two');
    expect(direction()).toBe('sendrecv');
    agent.session.peerEndsBranch('two');
    expect(direction()).toBe('sendrecv');
    agent.session.peerEndsBranch('one');
    expect(direction()).toBe('inactive');
    agent.session.peerAccepts(peerSdp({ port: 5000 }), 'two');
    expect(direction()).toBe('sendrecv');
  });
});

describe('a caller without an offer', () => {
  it('that insists on reliable responses gets ours with the 180 (RFC 3262 §5)', () => {
    const { agent, calls } = rig();
    calls.on('incoming', (call) => {
      const session = agent.session;
      session.ringNeedsOffer = true;
      call.ring();
    });
    const session = agent.peerCalls('sip:102@example.com', undefined);
    const ring = session.deeds.find((deed) => deed.did === 'ring');
    expect(ring?.did === 'ring' && ring.body?.data.toString()).toContain('m=audio');
  });

  it('and without an answer in its ACK is hung up on', () => {
    const { agent, calls } = rig();
    const ends: string[] = [];
    calls.on('incoming', (call) => {
      call.on('ended', ({ cause }) => ends.push(cause ?? ''));
      call.answer();
    });
    const session = agent.peerCalls('sip:102@example.com', undefined);
    session.peerAcknowledges();
    expect(ends).toEqual(['the caller never said what it speaks']);
    expect(session.count('hangup')).toBe(1);
  });
});

describe('a hold that the peer takes back after it has agreed (RFC 6141 §3.4)', () => {
  it('has the direction from before offered, once, and our side stays silent', () => {
    const { agent, talk, direction, offered } = rig();
    const call = talk();
    call.hold();
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    agent.session.peerTakesBack(488);
    expect([offered(), direction(), agent.session.count('reoffer')]).toEqual(['sendrecv', 'inactive', 2]);
    agent.session.peerAnswers(peerSdp({ version: 3 }));
    agent.session.peerTakesBack(488);
    expect([direction(), agent.session.count('reoffer')]).toEqual(['inactive', 2]);
    call.resume();
    expect([offered(), agent.session.count('reoffer')]).toEqual(['sendrecv', 3]);
  });

  it('by a refresh that failed: what we want goes out again', () => {
    const { agent, talk, offered } = rig();
    const call = talk();
    call.hold();
    agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    agent.session.peerRefusesRefresh();
    expect([offered(), agent.session.count('reoffer')]).toEqual(['inactive', 2]);
  });
});

// Phones that take encryption in one form only, where it is optional to us: RTP/AVP with keys (RFC 8643), or RTP/SAVP.

import { describe, expect, it } from 'vitest';
import { EncryptionDemand, InsistentTargets } from '../../../src/call/encryption-demand.ts';
import type { CallSettings } from '../../../src/call/index.ts';
import { callRig, offerOf } from '../../support/call-rig.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { lineOf, peerSdp } from '../../support/peer-sdp.ts';

const SECURE = peerSdp({ key: Buffer.alloc(30, 7).toString('base64') });

function rig(settings: Partial<CallSettings> = {}) {
  const made = callRig({ srtp: 'optional', ...settings });
  const { agent } = made;
  /** The profile of each offer so far. */
  const offered = () => agent.sessions.map((session) => lineOf(offerOf(session), 'm=')?.split(' ')[2]);
  const refuse = (status = 488, ...warnings: number[]) =>
    agent.session.fails({ reason: 'rejected', status, ...(warnings.length === 0 ? {} : { warnings }) });
  return { ...made, offered, refuse };
}

describe('a phone that insists on encryption', () => {
  it.each([
    ['avp', ['sdes'], 'RTP/AVP', 'RTP/SAVP'],
    ['avpf', ['sdes'], 'RTP/AVPF', 'RTP/SAVPF'],
    ['avp', ['dtls'], 'RTP/AVP', 'UDP/TLS/RTP/SAVP'],
  ] as const)('is called once more, with keys that are demanded (%s, %s)', (profile, keying, first, second) => {
    const { agent, dial, offered, refuse, ends, engine } = rig({ profile, keying });
    const call = dial();
    refuse();
    expect([offered(), call.state, engine.open.length]).toEqual([[first, second], 'ringing', 1]);
    expect(agent.session.invite?.target).toBe('sip:101@example.com');
    agent.session.peerProgresses(180);
    call.hangup();
    expect(ends).toMatchObject([{ reason: 'cancelled' }]);
  });

  it('talks, and is called with them at once the next time, for half a day', () => {
    const { agent, dial, offered, refuse, clock } = rig();
    const call = dial();
    refuse();
    agent.session.peerAccepts(SECURE);
    expect([call.state, call.format]).toEqual(['talking', { codec: 'PCMA', encrypted: true }]);
    call.hangup();
    dial().hangup();
    dial('sip:102@example.com').hangup();
    clock.advance(12 * 3_600_000 + 1);
    dial().hangup();
    expect(offered()).toEqual(['RTP/AVP', 'RTP/SAVP', 'RTP/SAVP', 'RTP/AVP', 'RTP/AVP']);
  });

  it('offers other keys the second time', () => {
    const { agent, dial, refuse } = rig();
    dial();
    refuse();
    const keys = agent.sessions.map((session) => lineOf(offerOf(session), 'a=crypto:1 '));
    expect(keys[0]).toBeTruthy();
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('is not talked with in the clear', () => {
    const { agent, dial, refuse, ends } = rig();
    dial();
    refuse();
    agent.session.peerAccepts(peerSdp());
    expect(ends).toMatchObject([{ reason: 'failed' }]);
  });

  it('refuses that too: the call has failed, and nothing is remembered', () => {
    const { dial, refuse, offered, ends } = rig();
    dial();
    refuse();
    refuse();
    expect([offered().length, ends]).toMatchObject([2, [{ reason: 'failed', status: 488 }]]);
    dial();
    expect(offered().at(-1)).toBe('RTP/AVP');
  });

  it('is called with the option again when it has become a plain one', () => {
    const { agent, dial, offered, refuse } = rig();
    dial();
    refuse();
    agent.session.peerAccepts(SECURE);
    agent.session.peerHangsUp();
    const call = dial();
    refuse();
    agent.session.peerAccepts(peerSdp());
    expect(call.format?.encrypted).toBe(false);
    call.hangup();
    dial();
    expect(offered()).toEqual(['RTP/AVP', 'RTP/SAVP', 'RTP/SAVP', 'RTP/AVP', 'RTP/AVP']);
  });
});

describe('a phone that refuses the first way to keys', () => {
  const both = { keying: ['dtls', 'sdes'] } as const;

  it('is offered every other way as a demand, in order, where encryption is optional; then the call has failed', () => {
    const { dial, refuse, offered, ends } = rig(both);
    dial();
    for (let turn = 0; turn < 3; turn += 1) refuse();
    expect(offered()).toEqual(['RTP/AVP', 'UDP/TLS/RTP/SAVP', 'RTP/SAVP']);
    expect(ends).toMatchObject([{ reason: 'failed', status: 488 }]);
  });

  it('is offered the next where encryption is required, and nothing in the clear', () => {
    const { agent, dial, refuse, offered } = rig({ ...both, srtp: 'required' });
    const call = dial();
    refuse();
    expect(offered()).toEqual(['UDP/TLS/RTP/SAVP', 'RTP/SAVP']);
    expect(lineOf(offerOf(agent.session), 'a=crypto:1 ')).toBeTruthy();
    expect(lineOf(offerOf(agent.session), 'a=fingerprint:')).toBeUndefined();
    agent.session.peerAccepts(SECURE);
    expect([call.state, call.format?.encrypted]).toEqual(['talking', true]);
  });

  it('that is required is called at once by the one that it took, and by the first again when it has come to refuse that', () => {
    const { agent, dial, refuse, offered } = rig({ ...both, srtp: 'required' });
    dial();
    refuse();
    agent.session.peerAccepts(SECURE);
    agent.session.peerHangsUp();
    dial();
    refuse();
    expect(offered()).toEqual(['UDP/TLS/RTP/SAVP', 'RTP/SAVP', 'RTP/SAVP', 'UDP/TLS/RTP/SAVP']);
  });

  it('keeps what it took as long as the settings have that', () => {
    const targets = new InsistentTargets(new FakeClock());
    targets.note('sip:101@example.com', 'dtls');
    const demand = (keying: CallSettings['keying']) =>
      new EncryptionDemand(targets, { srtp: 'optional', keying }, 'sip:101@example.com').demanded;
    expect([demand(['sdes', 'dtls']), demand(['sdes'])]).toEqual(['dtls', undefined]);
  });
});

describe('a second offer', () => {
  it.each([
    [488, []],
    [488, [304]],
    [488, [399]],
    [606, []],
    [606, [307]],
    [415, [304]],
  ])('follows %i with the warnings %j (RFC 3261 §21.4.26, §21.6.4, §20.43)', (status, warnings) => {
    const { dial, refuse, offered } = rig();
    dial();
    refuse(status, ...warnings);
    expect(offered()).toEqual(['RTP/AVP', 'RTP/SAVP']);
  });

  it.each([
    [488, [305]],
    [488, [301]],
    [415, []],
    [486, []],
    [603, []],
    [503, [304]],
  ])('does not follow %i with the warnings %j', (status, warnings) => {
    const { dial, refuse, ends, offered } = rig();
    dial();
    refuse(status, ...warnings);
    expect([offered().length, ends[0]?.status]).toEqual([1, status]);
  });

  it.each(['off', 'required'] as const)('is none where encryption is %s', (srtp) => {
    const { dial, refuse, ends } = rig({ srtp });
    dial();
    refuse();
    expect(ends).toMatchObject([{ reason: 'failed', status: 488 }]);
  });

  it('is none for a call that was given up meanwhile', () => {
    const { agent, dial, refuse, ends } = rig();
    dial().hangup();
    refuse();
    expect([agent.sessions.length, ends.length]).toEqual([1, 1]);
  });
});

describe('whom keys are demanded of', () => {
  it('are sixty-four at the most: the first gives way', () => {
    const targets = new InsistentTargets(new FakeClock());
    const demands = (...phones: number[]) => phones.map((phone) => targets.demandOf(`sip:${phone}@example.com`));
    for (let phone = 0; phone < 65; phone += 1) targets.note(`sip:${phone}@example.com`, 'sdes');
    expect(demands(0, 1)).toEqual([undefined, 'sdes']);
    targets.note('sip:1@example.com', 'dtls');
    targets.note('sip:65@example.com', 'sdes');
    expect(demands(1, 2)).toEqual(['dtls', undefined]);
  });
});

// One conversation against a peer played by hand: what goes over SIP and SDP, what the engine is told, what the user hears
// of it. Expectations are RFC 3261 (sessions), RFC 3264 (offer and answer), RFC 4568 (keys), RFC 4733 (digits).

import { describe, expect, it, vi } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import type { CallSettings } from '../../../src/call/index.ts';
import { callRig, offerOf } from '../../support/call-rig.ts';
import { lineOf, peerSdp } from '../../support/peer-sdp.ts';

const PEER_KEY = Buffer.alloc(30, 7).toString('base64');

function createRig(settings: Partial<CallSettings> = {}) {
  return callRig(settings, (call, say) => {
    call.on('ringing', (status) => say(`ringing ${status}`));
    call.on('earlyMedia', () => say('early media'));
    call.on('answered', ({ codec, encrypted }) => say(`answered ${codec}${encrypted ? ' encrypted' : ''}`));
    call.on('formatChanged', ({ codec }) => say(`now ${codec}`));
    call.on('digit', ({ digit, via }) => say(`${digit} by ${via}`));
    call.on('reception', (silent) => say(silent ? 'silent' : 'back'));
    call.on('ended', ({ reason }) => say(`ended ${reason}`));
  });
}

describe('an outgoing call', () => {
  it('has sent its INVITE, with an offer that names the open port, before dial returns', () => {
    const { agent, dial, media } = createRig();
    dial();
    expect(agent.dialled).toEqual(['sip:101@example.com']);
    const offer = offerOf(agent.session);
    expect(agent.session.invite?.offer?.type).toBe('application/sdp');
    expect(lineOf(offer, 'm=')).toMatch(new RegExp(`^audio ${media().localPort} RTP/AVP 8 0 13 \\d+$`));
    expect(lineOf(offer, 'c=')).toBe('IN IP4 192.0.2.10');
    expect(media().configured).toEqual([]);
  });

  it('rings, is answered, ends, and says each once', () => {
    const { agent, dial, heard, media } = createRig();
    const call = dial();
    agent.session.peerProgresses(180);
    agent.session.peerProgresses(180);
    expect(call.state).toBe('ringing');
    agent.session.peerAccepts(peerSdp());
    expect(call.state).toBe('talking');
    expect(call.format).toEqual({ codec: 'PCMA', encrypted: false });
    agent.session.peerHangsUp();
    expect(heard).toEqual(['ringing 180', 'answered PCMA', 'ended hangup-remote']);
    expect(media().closed).toBe(true);
  });

  it('sends and receives where, and in what, the answer says', () => {
    const { talk, media } = createRig();
    talk(peerSdp({ address: '192.0.2.33', port: 5004, formats: [0, 101] }));
    expect(media().parameters).toEqual({
      remoteAddress: '192.0.2.33',
      remotePort: 5004,
      remoteRtcpAddress: '192.0.2.33',
      remoteRtcpPort: 5005,
      codec: 'PCMU',
      payloadType: 0,
      formats: [
        { codec: 'PCMA', payloadType: 8 },
        { codec: 'PCMU', payloadType: 0 },
      ],
      eventPayloadType: 101,
      eventClock: 8000,
      noisePayloadTypes: [13],
      localEventPayloadType: 101,
      eventPayloadTypes: [101],
      voipMetrics: false,
      packetTime: 20,
      direction: 'sendrecv',
      send: undefined,
      receive: undefined,
    });
  });

  it('leaves out pauses where that is wanted and the peer takes comfort noise in their place (RFC 3389 §5.1)', () => {
    const spoken = (voiceActivityDetection: boolean, formats: readonly number[]): number | undefined => {
      const { talk, media } = createRig({ voiceActivityDetection });
      talk(peerSdp({ formats: [...formats] }));
      return media().parameters?.noisePayloadType;
    };
    expect(spoken(true, [8, 13])).toBe(13);
    expect(spoken(true, [8])).toBeUndefined();
    expect(spoken(false, [8, 13])).toBeUndefined();
  });

  it('leaves out pauses of opus where that is wanted here, and asked for there (RFC 7587 §6.1)', () => {
    const omits = (voiceActivityDetection: boolean, usedtx: 0 | 1): boolean | undefined => {
      const { talk, media } = createRig({ voiceActivityDetection, codecs: ['opus'] });
      const opus = `m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 usedtx=${usedtx}`;
      talk(peerSdp({ formats: [111] }).replace('m=audio 4000 RTP/AVP 111', opus));
      return media().parameters?.omitsPauses;
    };
    expect(omits(true, 1)).toBe(true);
    expect(omits(true, 0)).toBe(false);
    expect(omits(false, 1)).toBeUndefined();
  });

  it('is played between the bounds that are set', () => {
    const playoutDelay = { least: millis(60), most: millis(90) };
    const { talk, media } = createRig({ playoutDelay });
    talk();
    expect(media().parameters?.playoutDelay).toEqual(playoutDelay);
  });

  it.each([
    ['192.168.1.20', '203.0.113.9', '203.0.113.9'],
    ['192.168.1.20', '192.168.1.20', undefined],
    ['198.51.100.7', '203.0.113.9', undefined],
    ['192.168.1.20', 'fe80::9%eth0', 'fe80::9'],
    ['192.168.1.20', undefined, undefined],
  ])('that names %s and signals from %s may be heard from %s', (address, from, expected) => {
    const { agent, dial, media } = createRig();
    dial();
    agent.session.lastHeard = from === undefined ? undefined : { protocol: 'udp', address: from, port: 5060 };
    agent.session.peerAccepts(peerSdp({ address }));
    expect(media().parameters?.signallingAddress).toBe(expected);
  });

  it.each([
    ['an answer is missing', undefined],
    ['an answer has no codec that was offered', peerSdp({ formats: [18] })],
    ['an answer refuses the stream', peerSdp({ port: 0 })],
    ['an answer is no SDP', 'hello'],
  ])('hangs up when %s', (_name, sdp) => {
    const { agent, dial, ends, media, heard } = createRig();
    dial();
    agent.session.peerAccepts(sdp);
    expect(agent.session.count('hangup')).toBe(1);
    expect(heard).toEqual(['ended failed']);
    expect(ends[0]?.cause).toBeTruthy();
    expect(media().closed).toBe(true);
  });

  it.each([
    [486, 'busy'],
    [404, 'refused'],
    [503, 'unreachable'],
    [480, 'no-answer'],
    [488, 'failed'],
  ])('ended by %d says %s, with the status', (status, reason) => {
    const { agent, dial, ends, media } = createRig();
    dial();
    agent.session.peerRejects(status);
    expect(ends).toMatchObject([{ reason, status }]);
    expect(media().closed).toBe(true);
  });

  it('is over at once when it is given up, though the peer still owes its 487', () => {
    const { agent, dial, ends, media } = createRig();
    const call = dial();
    agent.session.peerProgresses(180);
    call.hangup();
    expect(ends).toEqual([{ reason: 'cancelled' }]);
    expect(media().closed).toBe(true);
    expect(agent.session.count('hangup')).toBe(1);
    agent.session.peerRejects(487);
    expect(ends).toHaveLength(1);
  });

  it('stays over when the peer answers across the CANCEL', () => {
    const { agent, dial, heard, media } = createRig();
    const call = dial();
    call.hangup('no-answer', 'nobody answered within 30 s');
    agent.session.peerAccepts(peerSdp());
    agent.session.fails({ reason: 'local-hangup' });
    expect(heard).toEqual(['ended no-answer']);
    expect(media().configured).toEqual([]);
  });

  it('fails, a turn later, when no RTP port is free', () => {
    const { agent, engine, clock, dial, ends } = createRig();
    engine.noPort = true;
    dial();
    expect(ends).toEqual([]);
    clock.advance(0);
    expect(ends).toEqual([{ reason: 'failed', cause: 'no RTP port is free' }]);
    expect(agent.sessions).toEqual([]);
  });

  it('fails, and frees its port, when the agent cannot send', () => {
    const { agent, clock, calls, dial, ends, media } = createRig();
    agent.inviteFailure = new Error('the socket is closed');
    dial();
    clock.advance(0);
    expect(ends).toMatchObject([{ reason: 'failed', cause: 'the socket is closed' }]);
    expect(media().closed).toBe(true);
    expect(calls.active.size).toBe(0);
  });

  it('fails when the engine refuses what was agreed', () => {
    const { agent, dial, ends, media } = createRig();
    dial();
    vi.spyOn(media(), 'configure').mockImplementation(() => {
      throw new Error('address family not supported');
    });
    agent.session.peerAccepts(peerSdp());
    expect(ends).toMatchObject([{ reason: 'failed', cause: 'address family not supported' }]);
    expect(agent.session.count('hangup')).toBe(1);
  });

  it('closes its media once, however often it ends', () => {
    const { agent, talk, media, calls } = createRig();
    const call = talk();
    const close = vi.spyOn(media(), 'close');
    call.hangup();
    call.hangup();
    agent.session.peerHangsUp();
    calls.stop();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('reports what its media did', () => {
    const { talk, media, ends } = createRig();
    const call = talk();
    const packets = { packetsSent: 500, packetsReceived: 490, packetsLost: 10, packetsRefused: 7 };
    const counted = { ...packets, jitterMs: 1.234, roundTripMs: 20.04, mos: 4.38, remoteMos: 3.61 };
    media().stats = { ...media().stats, ...counted };
    call.hangup('limit');
    expect(ends[0]?.media).toEqual({
      codec: 'PCMA',
      encrypted: false,
      ...counted,
      jitterMs: 1.2,
      roundTripMs: 20,
      mos: 4.4,
      remoteMos: 3.6,
    });
  });

  it('says how its sound fares while it is up', () => {
    const { dial, talk, media } = createRig();
    expect(dial().quality).toBeUndefined();
    const call = talk();
    const silent = { mos: undefined, lossPercent: 0, remoteLossPercent: undefined, playoutDelayMs: 0 };
    expect(call.quality).toMatchObject(silent);
    const packets = { packetsReceived: 970, packetsLost: 30, remoteLossShare: 0.0123 };
    const figures = { jitterMs: 3.14, jitterBufferMs: 42.4, roundTripMs: 20.04, mos: 4.38, remoteMos: 3.61 };
    media().stats = { ...media().stats, ...packets, ...figures };
    expect(call.quality).toEqual({
      mos: 4.4,
      remoteMos: 3.6,
      lossPercent: 3,
      remoteLossPercent: 1.2,
      jitterMs: 3.1,
      playoutDelayMs: 42,
      roundTripMs: 20,
    });
  });

  it('has no media to report when it was never answered', () => {
    const { agent, dial, ends } = createRig();
    dial();
    agent.session.peerRejects(486);
    expect(ends[0]).not.toHaveProperty('media');
  });
});

describe('early media', () => {
  it('of one branch is no answer for another that says nothing: its phone must not hear the door', () => {
    const { agent, dial, ends } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp({ address: '192.0.2.31' }), 'first');
    agent.session.peerAccepts(undefined, 'second');
    expect(ends).toMatchObject([{ reason: 'failed' }]);
    expect(agent.session.count('hangup')).toBe(1);
  });

  it('of the branch that answers is its answer, where it gives no other', () => {
    const { agent, dial, media } = createRig();
    const call = dial();
    agent.session.peerProgresses(183, peerSdp({ address: '192.0.2.31' }), 'first');
    agent.session.peerAccepts(undefined, 'first');
    expect(call.state).toBe('talking');
    expect(media().parameters?.remoteAddress).toBe('192.0.2.31');
  });

  it('is received from the answer in a 183 on, and said at its first packet', () => {
    const { agent, engine, dial, heard, media } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp());
    expect(media().parameters?.remotePort).toBe(4000);
    expect(heard).toEqual(['ringing 183']);
    engine.startMedia();
    expect(heard).toEqual(['ringing 183', 'early media']);
  });

  it('runs on undisturbed when the 200 repeats the answer', () => {
    const { agent, dial, media, heard } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp());
    agent.session.peerAccepts(peerSdp());
    expect(media().configured).toHaveLength(1);
    expect(heard.at(-1)).toBe('answered PCMA');
  });

  it('gives way to another answer in the 200', () => {
    const { agent, dial, media } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp());
    agent.session.peerAccepts(peerSdp({ port: 6000, version: 2 }));
    expect(media().parameters?.remotePort).toBe(6000);
  });

  it('stands for the answer that a 200 lacks', () => {
    const { agent, dial, heard } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp());
    agent.session.peerAccepts();
    expect(heard.at(-1)).toBe('answered PCMA');
  });

  it('that makes no sense spoils nothing', () => {
    const { agent, dial, heard } = createRig();
    dial();
    agent.session.peerProgresses(183, 'v=garbage');
    agent.session.peerAccepts(peerSdp());
    expect(heard).toEqual(['ringing 183', 'answered PCMA']);
  });
});

describe('an incoming call', () => {
  it('is answered with the codec and the port of both', () => {
    const { accept, heard, media } = createRig();
    const session = accept(peerSdp({ formats: [0, 8, 101] }));
    expect(lineOf(session.acceptedWith ?? '', 'm=')).toMatch(new RegExp(`^audio ${media().localPort} RTP/AVP `));
    expect(media().parameters?.remotePort).toBe(4000);
    expect(heard[0]).toMatch(/^answered PCM[AU]$/);
  });

  it('lets no sound flow before the ACK: the INVITE may be forged, and name somebody else’s address', () => {
    const { accept, media } = createRig();
    const session = accept(peerSdp());
    expect(session.acceptedWith).toContain('a=sendrecv');
    expect(media().parameters?.direction).toBe('inactive');
    session.peerAcknowledges();
    expect(media().parameters).toMatchObject({ direction: 'sendrecv', remoteAddress: '192.0.2.20' });
  });

  it('lets no sound flow before the ACK of a call without an offer either', () => {
    const { accept, media } = createRig();
    const session = accept(undefined);
    expect(media().parameters).toBeUndefined();
    session.peerAcknowledges(peerSdp());
    expect(media().parameters?.direction).toBe('sendrecv');
  });

  it('without an offer gets ours in the 200, and starts with the answer in the ACK', () => {
    const { accept, heard, media } = createRig();
    const session = accept(undefined);
    expect(lineOf(session.acceptedWith ?? '', 'm=')).toMatch(/^audio \d+ RTP\/AVP 8 0 13 \d+$/);
    expect(heard).toEqual([]);
    session.peerAcknowledges(peerSdp({ formats: [0, 101] }));
    expect(heard).toEqual(['answered PCMU']);
    expect(media().parameters?.codec).toBe('PCMU');
  });

  it('is hung up when the answer in the ACK is of no use', () => {
    const { accept, heard } = createRig();
    const session = accept(undefined);
    session.peerAcknowledges(peerSdp({ formats: [18] }));
    expect(session.count('hangup')).toBe(1);
    expect(heard).toEqual(['ended failed']);
  });

  it('is refused with 488 and a reason when nothing offered is of use (RFC 3261 §21.4.26)', () => {
    const { accept, ends, media } = createRig();
    const session = accept(peerSdp({ formats: [18] }));
    expect(session.refusal?.status).toBe(488);
    expect(session.refusal?.headers?.map(([name]) => name)).toContain('Warning');
    expect(ends).toMatchObject([{ reason: 'failed', status: 488 }]);
    expect(media().closed).toBe(true);
  });

  it('is refused, not lost, when no port is free', () => {
    const { accept, engine, ends } = createRig();
    engine.noPort = true;
    const session = accept(peerSdp());
    expect(session.refusal?.status).toBe(500);
    expect(ends).toMatchObject([{ reason: 'failed', cause: 'no RTP port is free' }]);
  });

  it('is refused when nobody takes it', () => {
    const { agent, calls } = createRig();
    expect(agent.peerCalls('sip:102@example.com', peerSdp()).refusal?.status).toBe(480);
    expect(calls.active.size).toBe(0);
  });

  it('is refused when whoever should take it fails', () => {
    const { agent, calls } = createRig();
    calls.on('incoming', () => {
      throw new Error('a fault of the program');
    });
    expect(agent.peerCalls('sip:102@example.com', peerSdp()).refusal?.status).toBe(480);
  });

  it('rings before it is answered, and ends when the caller gives up', () => {
    const { agent, calls, listen, heard } = createRig();
    calls.on('incoming', (call) => listen(call).ring());
    const session = agent.peerCalls('sip:102@example.com', peerSdp());
    expect(session.count('ring')).toBe(1);
    session.peerHangsUp();
    expect(heard).toEqual(['ringing 180', 'ended cancelled']);
  });

  it('can be declined', () => {
    const { agent, calls, listen, ends } = createRig();
    calls.on('incoming', (call) => listen(call).reject({ status: 486 }));
    expect(agent.peerCalls('sip:102@example.com', peerSdp()).refusal?.status).toBe(486);
    expect(ends).toEqual([{ reason: 'busy', status: 486 }]);
  });

  it('shows its peer without parameters and password', () => {
    const { agent, calls, listen } = createRig();
    const peers: string[] = [];
    calls.on('incoming', (call) => {
      peers.push(listen(call).peer);
      call.answer();
    });
    agent.peerCalls('sip:bob:secret@Example.COM:5070;user=phone', peerSdp());
    expect(peers).toEqual(['sip:bob@example.com:5070']);
  });
});

describe('a re-INVITE', () => {
  it('holds and resumes the call (RFC 3264 §8.4)', () => {
    const { agent, talk, media } = createRig();
    talk();
    const held = agent.session.peerOffers(peerSdp({ direction: 'sendonly', version: 2 }));
    expect(held.accepted).toContain('a=recvonly');
    expect(media().parameters?.direction).toBe('recvonly');
    const silent = agent.session.peerOffers(peerSdp({ direction: 'inactive', version: 3 }));
    expect(silent.accepted).toContain('a=inactive');
    expect(media().parameters?.direction).toBe('inactive');
    const resumed = agent.session.peerOffers(peerSdp({ version: 4 }));
    expect(resumed.accepted).toContain('a=sendrecv');
    expect(media().parameters?.direction).toBe('sendrecv');
  });

  it('moves the audio to another address', () => {
    const { agent, talk, media } = createRig();
    talk();
    agent.session.peerOffers(peerSdp({ address: '192.0.2.77', port: 7000, version: 2 }));
    expect(media().parameters).toMatchObject({ remoteAddress: '192.0.2.77', remotePort: 7000 });
  });

  it('changes the codec, and says so', () => {
    const { agent, talk, heard, media } = createRig();
    const call = talk();
    agent.session.peerOffers(peerSdp({ formats: [0, 101], version: 2 }));
    expect(media().parameters?.codec).toBe('PCMU');
    expect(call.format?.codec).toBe('PCMU');
    expect(heard).toEqual(['now PCMU']);
  });

  it('that cannot be met is refused with 488, and the call goes on as it was (RFC 3261 §14.2)', () => {
    const { agent, talk, heard, media } = createRig();
    const call = talk();
    const outcome = agent.session.peerOffers(peerSdp({ formats: [18], version: 2 }));
    expect(outcome.refused?.status).toBe(488);
    expect(call.state).toBe('talking');
    expect(media().configured).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  it('without an offer gets ours, and its answer counts', () => {
    const { agent, talk, media } = createRig();
    talk();
    const outcome = agent.session.peerOffers(undefined);
    expect(lineOf(outcome.accepted ?? '', 'm=')).toMatch(/^audio \d+ RTP\/AVP /);
    agent.session.peerAnswers(peerSdp({ port: 9000, version: 2 }));
    expect(media().parameters?.remotePort).toBe(9000);
  });

  it('without an offer, and answered with nonsense, leaves the call as it was', () => {
    const { agent, talk, media } = createRig();
    const call = talk();
    agent.session.peerOffers(undefined);
    agent.session.peerAnswers('nonsense');
    expect(call.state).toBe('talking');
    expect(media().configured).toHaveLength(1);
  });

  it('is refused, not left without an answer, when the engine fails', () => {
    const { agent, talk, media } = createRig();
    talk();
    vi.spyOn(media(), 'configure').mockImplementation(() => {
      throw new Error('address family not supported');
    });
    expect(() => agent.session.peerOffers(peerSdp({ port: 7000, version: 2 }))).not.toThrow();
  });

  it('raises the version of our description when it changes, and keeps its identity (RFC 3264 §8)', () => {
    const { agent, talk } = createRig();
    talk();
    const first = lineOf(offerOf(agent.session), 'o=')?.split(' ') ?? [];
    const held = agent.session.peerOffers(peerSdp({ direction: 'sendonly', version: 2 })).accepted ?? '';
    const second = lineOf(held, 'o=')?.split(' ') ?? [];
    expect(second[1]).toBe(first[1]);
    expect(BigInt(second[2] ?? 0)).toBe(BigInt(first[2] ?? 0) + 1n);
  });
});

describe('encryption', () => {
  it('offers its own key and takes the peer’s (RFC 4568 §6.1)', () => {
    const { agent, dial, heard, media } = createRig({ srtp: 'required' });
    dial();
    const offer = offerOf(agent.session);
    expect(lineOf(offer, 'm=')).toContain('RTP/SAVP');
    const ours = /inline:([A-Za-z0-9+/=]+)/.exec(lineOf(offer, 'a=crypto:1 ') ?? '')?.[1];
    expect(Buffer.from(ours ?? '', 'base64')).toHaveLength(30);
    agent.session.peerAccepts(peerSdp({ key: PEER_KEY }));
    expect(heard).toEqual(['answered PCMA encrypted']);
    expect(media().parameters?.send?.key.reveal()).toBe(ours);
    expect(media().parameters?.receive?.key.reveal()).toBe(PEER_KEY);
  });

  it('that is required is not given up: a plain answer ends the call', () => {
    const { agent, dial, heard } = createRig({ srtp: 'required' });
    dial();
    agent.session.peerAccepts(peerSdp());
    expect(heard).toEqual(['ended failed']);
    expect(agent.session.count('hangup')).toBe(1);
  });

  it('that is required refuses a plain offer', () => {
    const { accept } = createRig({ srtp: 'required' });
    expect(accept(peerSdp()).refusal?.status).toBe(488);
  });

  it('that is optional takes a plain answer', () => {
    const { agent, dial, heard } = createRig({ srtp: 'optional' });
    dial();
    agent.session.peerAccepts(peerSdp());
    expect(heard).toEqual(['answered PCMA']);
  });

  it('has a key of its own in every call', () => {
    const { agent, dial } = createRig({ srtp: 'required' });
    dial().hangup();
    dial();
    const keys = agent.sessions.map((session) => lineOf(offerOf(session), 'a=crypto:1 '));
    expect(new Set(keys).size).toBe(2);
  });

  it('keeps our key when the peer offers a new one of its own', () => {
    const { agent, dial, media } = createRig({ srtp: 'required' });
    dial();
    agent.session.peerAccepts(peerSdp({ key: PEER_KEY }));
    const ours = media().parameters?.send?.key.reveal();
    const next = Buffer.alloc(30, 9).toString('base64');
    agent.session.peerOffers(peerSdp({ key: next, version: 2 }));
    expect(media().parameters?.send?.key.reveal()).toBe(ours);
    expect(media().parameters?.receive?.key.reveal()).toBe(next);
  });

  it('says what is wrong with a key that is refused', () => {
    const { accept, ends } = createRig({ srtp: 'required' });
    const { refusal } = accept(peerSdp({ key: `${PEER_KEY}|2^49` }));
    expect(refusal).toMatchObject({ status: 488 });
    expect(refusal?.headers?.[0]?.[1]).toContain('a lifetime of 2^49 packets, where 1 to 2^48 may be');
    expect(ends[0]?.cause).toContain('a lifetime of 2^49 packets');
  });

  it('leaves no key in the log', () => {
    const { agent, dial, log } = createRig({ srtp: 'required' });
    const call = dial();
    agent.session.peerAccepts(peerSdp({ key: PEER_KEY }));
    call.hangup();
    const ours = /inline:([A-Za-z0-9+/=]+)/.exec(offerOf(agent.session))?.[1] ?? 'no key was offered';
    expect(log.text).not.toContain(ours);
    expect(log.text).not.toContain(PEER_KEY);
  });
});

describe('the lifetime of the peer’s key (RFC 4568 §6.1)', () => {
  const OTHER_KEY = Buffer.alloc(30, 9).toString('base64');

  it('is told to the engine', () => {
    const { talk, media } = createRig({ srtp: 'required' });
    talk(peerSdp({ key: `${PEER_KEY}|2^10` }));
    expect(media().parameters?.receive?.lifetime).toBe(1024);
    expect(media().parameters?.send?.lifetime).toBeUndefined();
  });

  it('is another one’s with the next key', () => {
    const { agent, talk, media } = createRig({ srtp: 'required' });
    talk(peerSdp({ key: `${PEER_KEY}|2^10` }));
    agent.session.peerOffers(peerSdp({ key: OTHER_KEY, version: 2 }));
    expect(media().parameters?.receive?.key.reveal()).toBe(OTHER_KEY);
    expect(media().parameters?.receive?.lifetime).toBeUndefined();
  });

  it('ends the call with its cause when the peer brings none', () => {
    const { agent, engine, talk, media, ends } = createRig({ srtp: 'required' });
    talk(peerSdp({ key: `${PEER_KEY}|2^10` }));
    engine.emit('keySpent', media().id, millis(0));
    expect(ends).toMatchObject([{ reason: 'failed', cause: expect.stringContaining('a key whose lifetime is over') }]);
    expect(agent.session.count('hangup')).toBe(1);
  });

  it('is no matter while it rings: whoever answers may have another', () => {
    const { agent, engine, dial, media, ends } = createRig({ srtp: 'required' });
    dial();
    agent.session.peerProgresses(183, peerSdp({ key: `${PEER_KEY}|2^10` }));
    engine.emit('keySpent', media().id, millis(0));
    expect(ends).toEqual([]);
  });
});

describe('digits that come', () => {
  it('count once, by either way or by both', () => {
    const { agent, engine, talk, heard, media, clock } = createRig();
    talk();
    engine.emit('digit', media().id, '4', clock.now());
    agent.session.peerSendsInfo('application/dtmf-relay', 'Signal=4\r\nDuration=160\r\n');
    agent.session.peerSendsInfo('application/dtmf', '2');
    agent.session.peerSendsInfo('application/dtmf-relay', 'Signal=#\r\n');
    engine.emit('digit', media().id, '#', clock.now());
    expect(heard).toEqual(['4 by rtp', '2 by info', '# by info']);
  });

  it('do not count before the answer', () => {
    const { agent, engine, dial, heard, media, clock } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSdp());
    engine.emit('digit', media().id, '4', clock.now());
    expect(heard).toEqual(['ringing 183']);
  });

  it('do not count before the ACK: only who received our 200 can send it', () => {
    const { accept, engine, heard, media, clock } = createRig();
    const session = accept(peerSdp());
    heard.length = 0;
    engine.emit('digit', media().id, '4', clock.now());
    session.peerAcknowledges();
    engine.emit('digit', media().id, '2', clock.now());
    expect(heard).toEqual(['2 by rtp']);
  });

  it('do not count after the end, nor for another call', () => {
    const { engine, talk, heard, media, clock } = createRig();
    const call = talk();
    engine.emit('digit', media().id + 1, '1', clock.now());
    call.hangup();
    engine.emit('digit', media().id, '1', clock.now());
    expect(heard).toEqual(['ended hangup-local']);
  });

  it('are never logged', () => {
    const { agent, engine, log, talk, media, clock } = createRig();
    talk();
    for (const digit of '739') engine.emit('digit', media().id, digit, clock.now());
    agent.session.peerSendsInfo('application/dtmf', '8');
    expect(log.text).not.toMatch(/digit/i);
  });
});

describe('digits that we send', () => {
  it('go in RTP where the peer takes events', () => {
    const { talk, media } = createRig();
    talk().sendDigits('42#');
    expect(media().digits.map(({ digits }) => digits)).toEqual(['42#']);
  });

  it.each([
    ['where the peer takes no events', { dtmf: 'rtp' }, peerSdp({ formats: [8] })],
    ['where the configuration says so', { dtmf: 'info' }, peerSdp()],
  ] as const)('go as INFO %s, one after another', (_name, settings, sdp) => {
    const { agent, clock, talk, media } = createRig(settings);
    talk(sdp).sendDigits('4#');
    const sent = () => agent.session.deeds.flatMap((deed) => (deed.did === 'info' ? [deed.body.data.toString()] : []));
    expect(sent()).toEqual(['Signal=4\r\nDuration=160\r\n']);
    clock.advance(1000);
    expect(sent()).toEqual(['Signal=4\r\nDuration=160\r\n', 'Signal=#\r\nDuration=160\r\n']);
    expect(media().digits).toEqual([]);
  });

  it('end with the call', () => {
    const { agent, clock, talk } = createRig({ dtmf: 'info' });
    const call = talk();
    call.sendDigits('1234');
    call.hangup();
    clock.advance(5000);
    expect(agent.session.count('info')).toBe(1);
    expect(clock.timers).toEqual([]);
  });

  it('are not sent before the answer', () => {
    const { agent, dial, media } = createRig();
    dial().sendDigits('1');
    expect(media().digits).toEqual([]);
    expect(agent.session.count('info')).toBe(0);
  });
});

describe('silence', () => {
  it('is said when it begins and when it ends', () => {
    const { engine, talk, heard, media, clock } = createRig();
    talk();
    expect(media().silenceAfter).toBe(5000);
    engine.emit('reception', media().id, true, clock.now());
    engine.emit('reception', media().id, false, clock.now());
    expect(heard).toEqual(['silent', 'back']);
  });

  it('on hold is nothing to say', () => {
    const { agent, engine, talk, heard, media, clock } = createRig();
    talk();
    agent.session.peerOffers(peerSdp({ direction: 'inactive', version: 2 }));
    engine.emit('reception', media().id, true, clock.now());
    expect(heard).toEqual([]);
  });
});

// Calls whose keys come by a handshake beside the sound (RFC 5763): what the engine is told, what its users hear, what
// happens when there are no keys. Without them nothing is ever said in the clear.

import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import type { CallSettings } from '../../../src/call/index.ts';
import { callRig } from '../../support/call-rig.ts';

const THEIRS = new Array<string>(32).fill('C0').join(':');
const OTHERS = new Array<string>(32).fill('C1').join(':');

const SETTINGS = { srtp: 'required', keying: ['dtls'] } as const;

function peerSays(setup: string, options: { fingerprint?: string; protocol?: string; more?: string[] } = {}): string {
  const { fingerprint = THEIRS, protocol = 'UDP/TLS/RTP/SAVP', more = [] } = options;
  const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.20', 's=-', 'c=IN IP4 192.0.2.20', 't=0 0'];
  const line = [`m=audio 4000 ${protocol} 8`, `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`, 'a=rtcp-mux'];
  return [...head, ...line, ...more, ''].join('\r\n');
}

function createRig(settings: Partial<CallSettings> = {}) {
  const rig = callRig({ ...SETTINGS, ...settings }, (call, say) => {
    call.on('answered', ({ encrypted }) => say(encrypted ? 'answered encrypted' : 'answered'));
    call.on('formatChanged', ({ encrypted }) => say(encrypted ? 'encrypted' : 'not encrypted'));
    call.on('ended', ({ reason }) => say(`ended ${reason}`));
  });
  const { agent, dial, engine, media } = rig;
  const secure = (association = 1) => engine.emit('secured', media().id, association, 'AEAD_AES_128_GCM', millis(0));
  const fail = (association = 1) => engine.emit('unsecured', media().id, association, 'fingerprint', millis(0));
  const talk = () => {
    const call = dial();
    agent.session.peerAccepts(peerSays('active'));
    return call;
  };
  return { ...rig, secure, fail, talk };
}

describe('an outgoing call with a handshake', () => {
  it('offers our certificate, and gives the engine theirs', () => {
    const { agent, dial, media } = createRig();
    dial();
    const offer = agent.session.invite?.offer?.data.toString() ?? '';
    expect(offer).toContain(`a=fingerprint:sha-256 ${new Array<string>(32).fill('AB').join(':')}\r\n`);
    expect(offer).toMatch(/^a=tls-id:[A-Za-z0-9+/]{20}\/1\r$/m);
    agent.session.peerAccepts(peerSays('active'));
    const value = new Uint8Array(32).fill(0xc0);
    expect(media().parameters).toMatchObject({
      send: undefined,
      receive: undefined,
      remoteRtcpPort: 4000,
      dtls: { association: 1, role: 'server', fingerprints: [{ hash: 'sha-256', value }] },
    });
  });

  it('is encrypted when there are keys, and not before', () => {
    const { talk, heard, secure } = createRig();
    const call = talk();
    expect(call.format?.encrypted).toBe(false);
    secure();
    expect(call.format?.encrypted).toBe(true);
    secure();
    expect(heard).toEqual(['answered', 'encrypted']);
  });

  it('is encrypted from its answer where the keys came with early media', () => {
    const { agent, dial, heard, secure } = createRig();
    dial();
    agent.session.peerProgresses(183, peerSays('active'));
    secure();
    agent.session.peerAccepts(peerSays('active'));
    expect(heard).toEqual(['answered encrypted']);
  });

  it.each([
    ['required', 'UDP/TLS/RTP/SAVP'],
    ['optional', 'RTP/AVP'],
  ] as const)('without keys is over, with the cause in words (%s)', (srtp, protocol) => {
    const { dial, agent, ends, fail, log, media } = createRig({ srtp });
    const call = dial();
    agent.session.peerAccepts(peerSays('active', { protocol }));
    expect(call.state).toBe('talking');
    fail();
    expect(call.state).toBe('ended');
    expect(ends).toEqual([
      expect.objectContaining({ reason: 'failed', cause: expect.stringContaining('certificate') }),
    ]);
    expect(ends[0]?.media?.encrypted).toBe(false);
    expect(agent.session.count('hangup')).toBe(1);
    expect(media().closed).toBe(true);
    expect(log.lines.map(({ event }) => event)).toContain('call.handshake-failed');
  });

  it('rings on when an early handshake fails, and tries again with the answer', () => {
    const { agent, dial, heard, fail, secure, media } = createRig();
    const call = dial();
    agent.session.peerProgresses(183, peerSays('active'));
    fail();
    expect(call.state).toBe('ringing');
    agent.session.peerAccepts(peerSays('active'));
    expect(media().parameters?.dtls?.association).toBe(2);
    secure(2);
    expect(heard).toEqual(['answered', 'encrypted']);
  });

  it('answered by another phone than the early one begins another handshake', () => {
    const { agent, dial, fail, media } = createRig();
    const call = dial();
    agent.session.peerProgresses(183, peerSays('active'), 'one');
    agent.session.peerAccepts(peerSays('active', { fingerprint: OTHERS }), 'two');
    expect(media().parameters?.dtls).toMatchObject({ association: 2 });
    // What the engine says of the first one no longer counts.
    fail(1);
    expect(call.state).toBe('talking');
  });

  it('reports its sound as encrypted, where it was', () => {
    const { talk, agent, ends, secure } = createRig();
    talk();
    secure();
    agent.session.peerHangsUp();
    expect(ends[0]?.media?.encrypted).toBe(true);
  });
});

describe('an incoming call with a handshake', () => {
  it('is answered as the one who goes first, before the ACK', () => {
    const { accept, media, secure, heard } = createRig();
    const session = accept(peerSays('actpass'));
    expect(session.acceptedWith).toContain('a=setup:active\r\n');
    expect(media().parameters).toMatchObject({ direction: 'inactive', dtls: { association: 1, role: 'client' } });
    session.peerAcknowledges();
    expect(media().parameters).toMatchObject({ direction: 'sendrecv', dtls: { association: 1 } });
    secure();
    expect(heard).toEqual(['answered', 'encrypted']);
  });

  it('is refused where it demands keys by other ways', () => {
    const { accept } = createRig({ keying: ['sdes'] });
    expect(accept(peerSays('actpass')).refusal?.status).toBe(488);
  });

  it('keeps its association on hold, and begins another one with another certificate', () => {
    const { accept, media, secure, heard } = createRig();
    const session = accept(peerSays('actpass'));
    session.peerAcknowledges();
    secure();
    const held = session.peerOffers(peerSays('actpass', { more: ['a=sendonly'] }));
    expect(held.accepted).toContain('a=setup:active\r\n');
    expect(media().parameters).toMatchObject({ direction: 'recvonly', dtls: { association: 1 } });
    session.peerOffers(peerSays('actpass', { fingerprint: OTHERS }));
    expect(media().parameters?.dtls?.association).toBe(2);
    expect(heard).toEqual(['answered', 'encrypted', 'not encrypted']);
    secure(2);
    expect(heard.at(-1)).toBe('encrypted');
  });

  it('with ICE is answered with our credentials, which the engine has too', () => {
    const { accept, media } = createRig();
    const ice = ['a=ice-ufrag:evtj', 'a=ice-pwd:VOkJxbRl1RmTxUk/WvJxBt'];
    const candidate = 'a=candidate:1 1 UDP 2130706431 192.0.2.20 4000 typ host';
    const session = accept(peerSays('actpass', { more: [...ice, candidate] }));
    const [, ufrag] = /^a=ice-ufrag:(\S{8})\r$/m.exec(session.acceptedWith ?? '') ?? [];
    const [, password] = /^a=ice-pwd:(\S{24})\r$/m.exec(session.acceptedWith ?? '') ?? [];
    expect(ufrag).toBeDefined();
    expect(media().parameters?.ice?.ufrag).toBe(ufrag);
    expect(media().parameters?.ice?.password.reveal()).toBe(password);
  });
});

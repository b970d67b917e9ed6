// A call that rings at several phones, each of which says something before one of them is picked up (RFC 3261 §13.2.2.4,
// RFC 6337 §3, RFC 3960 §3.1): who is heard, who is answered what, and whose parameters count in the end.

import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import type { CallSettings } from '../../../src/call/index.ts';
import { callRig } from '../../support/call-rig.ts';
import { emptyStatistics } from '../../support/fake-engine.ts';
import { lineOf, peerSdp } from '../../support/peer-sdp.ts';

const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const;

const keyOf = (octet: number): string => Buffer.alloc(30, octet).toString('base64');
const ONE = { address: '192.0.2.31', port: 4001, formats: [8, 101], key: keyOf(1) };
const TWO = { address: '192.0.2.32', port: 4002, formats: [0, 96], key: keyOf(2) };
const THREE = { address: '192.0.2.33', port: 4003, formats: [8], key: keyOf(3) };

/** What a phone of these answers; without its key where nothing is encrypted. */
function says({ key, ...phone }: typeof ONE, version = 1, encrypted = false): string {
  return peerSdp({ ...phone, version, ...(encrypted ? { key } : {}) });
}

function ring(settings: Partial<CallSettings> = {}) {
  const rig = callRig({ suites: SUITES, ...settings });
  const { agent, clock, dial, media } = rig;
  const call = dial();
  const heard = () => media().parameters?.remoteAddress;
  /** Sound arrives from who is meant. */
  const speaks = () => {
    clock.advance(20);
    media().stats = { ...emptyStatistics, lastReceivedAt: clock.now() };
  };
  return { ...rig, session: agent.session, call, heard, speaks };
}

describe('early sound', () => {
  it('is that of the newest, as long as nobody says anything', () => {
    const { session, heard } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(180, undefined, 'two');
    expect(heard()).toBe(ONE.address);
    session.peerProgresses(183, says(THREE), 'three');
    expect(heard()).toBe(THREE.address);
  });

  it('stays with who speaks, and is another’s when that one stops', () => {
    const { session, heard, speaks, clock } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    speaks();
    session.peerProgresses(183, says(TWO), 'two');
    expect(heard()).toBe(ONE.address);
    clock.advance(3000);
    session.peerProgresses(183, says(THREE), 'three');
    expect(heard()).toBe(THREE.address);
  });

  it('is another’s when the engine hears nothing for a while', () => {
    const { session, heard, speaks, engine, media, call } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    speaks();
    session.peerProgresses(183, says(TWO), 'two');
    engine.emit('reception', media().id, true, millis(0));
    expect([heard(), call.state]).toEqual([TWO.address, 'ringing']);
  });

  it('is not taken from one who may speak by one who says that it will not', () => {
    const { session, heard } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(183, says(TWO).replace('a=sendrecv', 'a=inactive'), 'two');
    expect(heard()).toBe(ONE.address);
    session.peerOffers(says(TWO, 2), 'two');
    expect(heard()).toBe(TWO.address);
  });

  it('is another’s when the branch ends (199), and nobody’s after the last', () => {
    const { session, heard, media } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(183, says(TWO), 'two');
    session.peerEndsBranch('two');
    expect(heard()).toBe(ONE.address);
    session.peerEndsBranch('two');
    session.peerEndsBranch('one');
    expect(media().parameters).toMatchObject({ remoteAddress: ONE.address, direction: 'inactive' });
  });
});

describe('an early offer', () => {
  it('of who is heard is answered, and in force', () => {
    const { session, media } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    const { accepted } = session.peerOffers(says({ ...ONE, port: 4999 }, 2), 'one');
    expect(lineOf(accepted ?? '', 'm=')).toMatch(new RegExp(`^audio ${media().localPort} RTP/AVP 8 101`));
    expect(media().parameters?.remotePort).toBe(4999);
  });

  it('of another is answered, and leaves the sound of who speaks', () => {
    const { session, media, speaks } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    speaks();
    session.peerProgresses(183, says(TWO), 'two');
    const { accepted } = session.peerOffers(says({ ...TWO, formats: [0, 96], port: 4999 }, 2), 'two');
    expect(lineOf(accepted ?? '', 'm=')).toMatch(new RegExp(`^audio ${media().localPort} RTP/AVP 0`));
    expect(media().configured).toHaveLength(1);
    session.peerAccepts(undefined, 'two');
    expect(media().parameters).toMatchObject({ remoteAddress: TWO.address, remotePort: 4999, codec: 'PCMU' });
  });

  it('of one with whom nothing is agreed yet is none', () => {
    const { session } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(180, undefined, 'two');
    expect(session.peerOffers(says(TWO), 'two').refused?.status).toBe(488);
  });

  it('counts the versions of each conversation on its own (RFC 3264 §8)', () => {
    const { session } = ring();
    const versionIn = (sdp: string | undefined) => Number(lineOf(sdp ?? '', 'o=')?.split(' ')[2]);
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(183, says(TWO), 'two');
    const first = versionIn(session.invite?.offer?.data.toString());
    const one = versionIn(session.peerOffers(says({ ...ONE, port: 4999 }, 2), 'one').accepted);
    const two = versionIn(session.peerOffers(says({ ...TWO, port: 4998 }, 2), 'two').accepted);
    expect([one - first, two - first]).toEqual([1, 1]);
  });
});

describe('the phone that is picked up', () => {
  it.each([
    ['says it in its 200', true],
    ['has said it early', false],
  ])('has its own parameters, whoever was heard before; it %s', (_, again) => {
    const { session, call, media } = ring({ srtp: 'required' });
    session.peerProgresses(183, says(TWO, 1, true), 'two');
    session.peerProgresses(183, says(ONE, 1, true), 'one');
    session.peerProgresses(183, says(THREE, 1, true), 'three');
    session.peerAccepts(again ? says(TWO, 1, true) : undefined, 'two');
    expect([call.state, call.format]).toEqual(['talking', { codec: 'PCMU', encrypted: true }]);
    expect(media().parameters).toMatchObject({
      remoteAddress: TWO.address,
      remotePort: TWO.port,
      codec: 'PCMU',
      direction: 'sendrecv',
    });
    expect(media().parameters?.receive?.key.reveal()).toBe(TWO.key);
  });

  it('that has said nothing early has what its 200 says', () => {
    const { session, media } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerAccepts(says(TWO), 'two');
    expect(media().parameters).toMatchObject({ remoteAddress: TWO.address, codec: 'PCMU' });
  });

  it('goes on with its own conversation: later offers of ours have its suite first, and its profile', () => {
    const { session, call, reoffers } = ring({ srtp: 'optional' });
    const plain = says(ONE);
    session.peerProgresses(183, plain, 'one');
    const short = peerSdp({ ...TWO, cryptoTag: 2, version: 1 })
      .replace('RTP/SAVP', 'RTP/AVP')
      .replace('_80 ', '_32 ');
    session.peerAccepts(short, 'two');
    call.hold();
    expect(/a=crypto:\d \S+/.exec(reoffers().at(-1) ?? '')?.[0]).toBe('a=crypto:2 AES_CM_128_HMAC_SHA1_32');
    session.peerAnswers(short.replace('a=sendrecv', 'a=inactive'));
    expect(call.format?.encrypted).toBe(true);
  });

  it('runs on undisturbed where it was heard already', () => {
    const { session, media } = ring();
    session.peerProgresses(183, says(ONE), 'one');
    session.peerProgresses(183, says(TWO), 'two');
    const before = media().configured.length;
    session.peerAccepts(says(TWO), 'two');
    expect(media().configured).toHaveLength(before);
  });
});

describe('handshakes (DTLS) of several phones', () => {
  const print = (octet: string): string => new Array<string>(32).fill(octet).join(':');
  const shakes = (phone: typeof ONE, octet: string): string =>
    says(phone).replace('a=ptime:20', `a=fingerprint:sha-256 ${print(octet)}\r\na=setup:active`);

  it('are each their own, and begin anew with the one who answers', () => {
    const { session, media, engine, call } = ring({ srtp: 'optional', keying: ['dtls'] });
    session.peerProgresses(183, shakes(ONE, 'C1'), 'one');
    session.peerProgresses(183, shakes(THREE, 'C3'), 'three');
    expect(media().configured.map(({ dtls }) => dtls?.association)).toEqual([1, 2]);
    session.peerAccepts(undefined, 'one');
    expect(media().parameters?.dtls).toMatchObject({
      association: 3,
      fingerprints: [{ value: new Uint8Array(32).fill(0xc1) }],
    });
    engine.emit('secured', media().id, 3, 'AEAD_AES_128_GCM', millis(0));
    expect(call.format?.encrypted).toBe(true);
  });
});

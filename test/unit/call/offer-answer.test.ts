// The descriptions of one call, one after another.

import { describe, expect, it } from 'vitest';
import { millis, seconds } from '../../../src/base/units.ts';
import { OfferAnswer } from '../../../src/call/offer-answer.ts';
import type { CallSettings } from '../../../src/call/types.ts';
import type { Body } from '../../../src/sip/index.ts';
import { lineOf } from '../../support/peer-sdp.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const SETTINGS: CallSettings = {
  codecs: ['PCMA', 'PCMU'],
  srtp: 'optional',
  keying: ['sdes'],
  suites: ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_32', 'AEAD_AES_256_GCM'],
  profile: 'avp',
  packetTime: millis(20),
  dtmf: 'rtp',
  silenceAfter: seconds(5),
};

const start = (settings: Partial<CallSettings> = {}) =>
  new OfferAnswer({
    address: '192.0.2.1',
    port: 16384,
    random: new SeededRandom(7),
    settings: { ...SETTINGS, ...settings },
    fingerprint: { hash: 'sha-256', value: new Uint8Array(32).fill(0xab) },
  });

const body = (text: string): Body => ({ type: 'application/sdp', data: Buffer.from(text) });
const textOf = ({ data }: Body): string => data.toString();
const says = (description: Body, prefix: string): string | undefined => lineOf(textOf(description), prefix);
const versionOf = (description: Body): number => Number(says(description, 'o=')?.split(' ')[2]);

/** What the peer says: `c=` and one audio line with what follows it. */
function peer(media: readonly string[], address = '198.51.100.7'): Body {
  const head = ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return body([...head, ...media, ''].join('\r\n'));
}

const AUDIO = 'm=audio 4000 RTP/AVP 8';
const KEYS = { 30: Buffer.alloc(30, 99).toString('base64'), 28: Buffer.alloc(28, 99).toString('base64') };
const CM80 = (tag: number): string => `a=crypto:${tag} AES_CM_128_HMAC_SHA1_80 inline:${KEYS[30]}`;
const HANDSHAKE = [
  'm=audio 4000 RTP/AVP 8',
  `a=fingerprint:sha-256 ${new Array<string>(32).fill('C0').join(':')}`,
  'a=setup:active',
];
const GCM = (tag: number): string => `a=crypto:${tag} AEAD_AES_128_GCM inline:${KEYS[28]}`;

function read(sdp: OfferAnswer, answer: Body) {
  const result = sdp.readAnswer(answer);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function answer(sdp: OfferAnswer, offer: Body) {
  const result = sdp.answer(offer);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('our keys', () => {
  it('are each their own, and the same in every description while their suite is in use', () => {
    const sdp = start();
    const first = sdp.offer();
    const keys = [...textOf(first).matchAll(/inline:(\S+)/g)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(2);
    const agreed = read(sdp, peer([AUDIO, GCM(2)]));
    expect(agreed.suite).toBe('AEAD_AES_128_GCM');
    const again = answer(sdp, peer([AUDIO, GCM(5)]));
    expect(again.agreed.sendKey?.reveal()).toBe(agreed.sendKey?.reveal());
    expect(says(sdp.offer(), 'a=crypto:2 ')).toBe(`AEAD_AES_128_GCM inline:${agreed.sendKey?.reveal()}`);
  });

  it('of the suite in use stand first in later offers, under their tag, though it would not be offered', () => {
    const sdp = start();
    const key = Buffer.alloc(44, 99).toString('base64');
    answer(sdp, peer(['m=audio 4000 RTP/SAVP 8', `a=crypto:1 AEAD_AES_256_GCM inline:${key}`]));
    const tags = [...textOf(sdp.offer()).matchAll(/a=crypto:(\d) (\S+)/g)].map(([, tag, suite]) => `${tag} ${suite}`);
    expect(tags).toEqual(['4 AEAD_AES_256_GCM', '1 AES_CM_128_HMAC_SHA1_80']);
  });

  it('are fresh when a suite comes back: a keystream is used once (RFC 3711 §9.1)', () => {
    const sdp = start();
    const first = answer(sdp, peer([AUDIO, CM80(1)])).agreed;
    const second = answer(sdp, peer([AUDIO, GCM(1)])).agreed;
    const third = answer(sdp, peer([AUDIO, CM80(1)])).agreed;
    const plain = answer(sdp, peer([AUDIO])).agreed;
    const fifth = answer(sdp, peer([AUDIO, CM80(1)])).agreed;
    expect(plain.encrypted).toBe(false);
    const keys = [first, second, third, fifth].map(({ sendKey }) => sendKey?.reveal());
    expect(new Set(keys).size).toBe(4);
  });

  it('are those of the offer for every branch that answers it', () => {
    const sdp = start();
    sdp.offer();
    const one = read(sdp, peer([AUDIO, CM80(1)]));
    const other = read(sdp, peer([AUDIO, GCM(2)], '198.51.100.8'));
    const oneAgain = read(sdp, peer([AUDIO, CM80(1), 'a=sendrecv']));
    expect(other.sendKey?.reveal()).not.toBe(one.sendKey?.reveal());
    expect(oneAgain.sendKey?.reveal()).toBe(one.sendKey?.reveal());
  });

  it('are drawn of the length that each suite wants', () => {
    const text = textOf(start({ suites: ['AEAD_AES_256_GCM', 'AES_256_CM_HMAC_SHA1_80'] }).offer());
    const octets = [...text.matchAll(/inline:(\S+)/g)].map(([, key]) => Buffer.from(key ?? '', 'base64').length);
    expect(octets).toEqual([44, 46]);
  });

  it('are not there where SRTP is off', () => {
    expect(textOf(start({ srtp: 'off' }).offer())).not.toContain('crypto');
  });
});

describe('the profile', () => {
  it.each([
    ['optional', 'avp', 'RTP/AVP'],
    ['optional', 'avpf', 'RTP/AVPF'],
    ['required', 'avp', 'RTP/SAVP'],
    ['required', 'avpf', 'RTP/SAVPF'],
  ] as const)('with SRTP %s and %s is offered as %s', (srtp, profile, protocol) => {
    expect(says(start({ srtp, profile }).offer(), 'm=')).toBe(`audio 16384 ${protocol} 8 0 13 101`);
  });

  it('of the session is kept, whoever named it', () => {
    const sdp = start();
    answer(sdp, peer(['m=audio 4000 RTP/SAVPF 8', CM80(1)]));
    expect(says(sdp.offer(), 'm=')).toContain('RTP/SAVPF');
    const ours = start();
    ours.offer();
    read(ours, peer(['m=audio 4000 RTP/SAVP 8', CM80(1)]));
    expect(says(ours.offer(), 'm=')).toContain('RTP/AVP');
  });
});

describe('holding (RFC 3264 §8.4, RFC 6337 §5.3)', () => {
  const AGREED = peer([AUDIO]);

  function connected() {
    const sdp = start({ srtp: 'off' });
    const first = sdp.offer();
    read(sdp, AGREED);
    return { sdp, first };
  }

  it('is an offer with another direction and the next version', () => {
    const { sdp, first } = connected();
    const hold = sdp.offer({ direction: 'sendonly' });
    expect(textOf(hold)).toContain('a=sendonly\r\n');
    expect(versionOf(hold)).toBe(versionOf(first) + 1);
    expect(read(sdp, peer([AUDIO, 'a=recvonly'])).direction).toBe('sendonly');
  });

  it('stays until it is taken back, in offers and in answers', () => {
    const { sdp } = connected();
    sdp.offer({ direction: 'sendonly' });
    read(sdp, peer([AUDIO, 'a=recvonly']));
    expect(textOf(sdp.offer())).toContain('a=sendonly');
    expect(textOf(answer(sdp, peer([AUDIO, 'a=sendrecv'])).body)).toContain('a=sendonly');
    expect(textOf(answer(sdp, peer([AUDIO, 'a=sendonly'])).body)).toContain('a=inactive');
    sdp.offer({ direction: 'sendrecv' });
    expect(read(sdp, AGREED).direction).toBe('sendrecv');
    expect(textOf(sdp.offer())).toContain('a=sendrecv');
  });

  it('does not come about when the offer is refused', () => {
    const { sdp } = connected();
    sdp.offer({ direction: 'sendonly' });
    expect(textOf(answer(sdp, AGREED).body)).toContain('a=sendrecv');
    expect(textOf(sdp.offer())).toContain('a=sendrecv');
  });

  it('by the peer changes nothing of what we want', () => {
    const { sdp } = connected();
    expect(answer(sdp, peer([AUDIO, 'a=sendonly'])).agreed.direction).toBe('recvonly');
    expect(textOf(sdp.offer())).toContain('a=sendrecv');
  });

  it('by an address of zeros leaves the peer where it was', () => {
    const { sdp } = connected();
    const { agreed } = answer(sdp, peer([AUDIO, 'a=rtcp:4009'], '0.0.0.0'));
    expect(agreed).toMatchObject({
      direction: 'recvonly',
      remoteAddress: '198.51.100.7',
      remoteRtcpAddress: '0.0.0.0',
    });
  });

  it('is the state of an offer that begins with zeros, until the address comes', () => {
    const sdp = start({ srtp: 'off' });
    expect(answer(sdp, peer([AUDIO], '0.0.0.0')).agreed).toMatchObject({
      direction: 'recvonly',
      remoteAddress: '0.0.0.0',
    });
    expect(answer(sdp, AGREED).agreed).toMatchObject({ direction: 'sendrecv', remoteAddress: '198.51.100.7' });
  });
});

describe('another place of ours', () => {
  const MOVED = { address: '192.0.2.99', port: 20000 };

  it('comes with other keys (RFC 4568 §7.1.4), under the session’s own name (RFC 3264 §8)', () => {
    const sdp = start();
    const first = sdp.offer();
    const before = read(sdp, peer([AUDIO, CM80(1)]));
    sdp.moveTo(MOVED, false);
    const moved = sdp.offer();
    expect(says(moved, 'c=')).toBe('IN IP4 192.0.2.99');
    expect(says(moved, 'm=')).toContain('audio 20000 ');
    expect(says(moved, 'o=')?.split(' ')[5]).toBe(says(first, 'o=')?.split(' ')[5]);
    expect(versionOf(moved)).toBe(versionOf(first) + 1);
    const after = read(sdp, peer([AUDIO, CM80(1), 'a=sendrecv']));
    expect(after.sendKey?.reveal()).not.toBe(before.sendKey?.reveal());
    expect(says(moved, 'a=crypto:1 ')).toContain(after.sendKey?.reveal());
    expect([before.local, after.local]).toEqual([{ address: '192.0.2.1', port: 16384 }, MOVED]);
  });

  it('is what an answer names too, with a fresh key, before any offer of ours is through', () => {
    const sdp = start();
    sdp.offer();
    const { sendKey } = read(sdp, peer([AUDIO, CM80(1)]));
    sdp.moveTo(MOVED, false);
    sdp.offer();
    const { body: said, agreed } = answer(sdp, peer([AUDIO, CM80(1)]));
    expect(says(said, 'c=')).toBe('IN IP4 192.0.2.99');
    expect(agreed.sendKey?.reveal()).not.toBe(sendKey?.reveal());
  });

  it('is not the one that the answer to an older offer is for', () => {
    const sdp = start();
    sdp.offer();
    const first = read(sdp, peer([AUDIO, CM80(1)]));
    sdp.offer({ direction: 'inactive' });
    sdp.moveTo(MOVED, false);
    const held = read(sdp, peer([AUDIO, CM80(1), 'a=inactive']));
    expect(held.local).toEqual(first.local);
    expect(held.sendKey?.reveal()).toBe(first.sendKey?.reveal());
  });

  it('leaves a DTLS association that was moved along (RFC 8842 §3.2)', () => {
    const sdp = start({ keying: ['dtls'] });
    const first = sdp.offer();
    const before = read(sdp, peer(HANDSHAKE));
    sdp.moveTo(MOVED, true);
    expect(says(sdp.offer(), 'a=tls-id:')).toBe(says(first, 'a=tls-id:'));
    expect(read(sdp, peer(HANDSHAKE)).dtls?.association).toBe(before.dtls?.association);
  });

  it('means another DTLS association where the ports know nothing of it (RFC 8842 §3.2)', () => {
    const sdp = start({ keying: ['dtls'] });
    const first = sdp.offer();
    const before = read(sdp, peer(HANDSHAKE));
    const held = sdp.offer({ direction: 'inactive' });
    expect(says(held, 'a=tls-id:')).toBe(says(first, 'a=tls-id:'));
    read(sdp, peer([...HANDSHAKE, 'a=inactive']));
    sdp.moveTo(MOVED, false);
    const moved = sdp.offer();
    expect(says(moved, 'a=tls-id:')).not.toBe(says(first, 'a=tls-id:'));
    expect(says(moved, 'a=setup:')).toBe('actpass');
    const after = read(sdp, peer(HANDSHAKE));
    expect([before.dtls?.association, after.dtls?.association]).toEqual([1, 2]);
  });
});

describe('audio that is switched off in a call (RFC 3264 §8.2)', () => {
  const OFF = peer(['m=audio 0 RTP/AVP 8', 'm=video 0 RTP/AVP 31']);

  it('is answered so, and nothing flows', () => {
    const sdp = start({ srtp: 'off' });
    const { agreed } = answer(sdp, peer([AUDIO]));
    const silent = answer(sdp, OFF);
    expect(textOf(silent.body)).toMatch(/m=audio 0 RTP\/AVP 8\r\nm=video 0 RTP\/AVP 31\r\n/);
    expect(silent.agreed).toEqual({ ...agreed, direction: 'inactive' });
    expect(answer(sdp, peer([AUDIO])).agreed).toEqual(agreed);
  });

  it('is no call to begin with', () => {
    const refused = start().answer(OFF);
    expect(!refused.ok && refused.error.status).toBe(488);
  });
});

describe('what is refused', () => {
  it('leaves the session as it was', () => {
    const sdp = start({ srtp: 'required' });
    const { body: said } = answer(sdp, peer(['m=audio 4000 RTP/SAVP 8', CM80(1)]));
    expect(sdp.answer(peer([AUDIO])).ok).toBe(false);
    const again = answer(sdp, peer(['m=audio 4000 RTP/SAVP 8', CM80(1)]));
    expect(textOf(again.body)).toBe(textOf(said));
  });
});

// Several crypto suites in one description: RFC 4568 §5.1, RFC 6188, RFC 7714 §14.1, RFC 8643.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import {
  answerOffer,
  type CryptoSuite,
  createOffer,
  type LocalMedia,
  parseSdp,
  readAnswer,
  type SessionDescription,
  writeSdp,
} from '../../../src/sdp/index.ts';

/** Master key and salt in octets: RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §12. */
const OCTETS: readonly (readonly [CryptoSuite, number])[] = [
  ['AES_CM_128_HMAC_SHA1_80', 30],
  ['AEAD_AES_128_GCM', 28],
  ['AES_CM_128_HMAC_SHA1_32', 30],
  ['AEAD_AES_256_GCM', 44],
  ['AES_256_CM_HMAC_SHA1_80', 46],
  ['AES_256_CM_HMAC_SHA1_32', 46],
];

const keyOf = (octets: number, fill: number): string => Buffer.alloc(octets, fill).toString('base64');

const local: LocalMedia = {
  origin: { sessionId: 4711, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['PCMA'],
  telephoneEvent: true,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp: 'optional',
  profile: 'avp',
  crypto: OCTETS.map(([suite, octets], at) => ({ tag: at + 1, suite, key: new Secret(keyOf(octets, at + 1)) })),
};

function peer(...media: readonly string[]): SessionDescription {
  const head = ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0'];
  const parsed = parseSdp([...head, ...media].join('\n'));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const cryptoOf = (description: SessionDescription): string[] =>
  writeSdp(description)
    .split('\r\n')
    .filter((line) => line.startsWith('a=crypto:'));

function answered(offer: SessionDescription, ours = local) {
  const result = answerOffer(offer, ours);
  if (!result.ok) throw new Error(result.error.message);
  return { ...result.value, crypto: cryptoOf(result.value.answer) };
}

describe('an offer', () => {
  it('has a line for each of the first two suites, with tags and keys of their own', () => {
    expect(cryptoOf(createOffer(local))).toEqual([
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(30, 1)}`,
      `a=crypto:2 AEAD_AES_128_GCM inline:${keyOf(28, 2)}`,
    ]);
  });
});

describe('an answer of ours', () => {
  it.each(OCTETS)('takes %s with a key of %i octets, and has one of its own as long', (suite, octets) => {
    const theirs = keyOf(octets, 99);
    const { agreed, crypto } = answered(peer('m=audio 4000 RTP/SAVP 8', `a=crypto:7 ${suite} inline:${theirs}`));
    const own = local.crypto?.find((line) => line.suite === suite)?.key.reveal() ?? '';
    expect(crypto).toEqual([`a=crypto:7 ${suite} inline:${own}`]);
    expect(Buffer.from(own, 'base64')).toHaveLength(octets);
    expect(agreed).toMatchObject({ suite, encrypted: true });
    expect(agreed.receiveKey?.reveal()).toBe(theirs);
    expect(agreed.sendKey?.reveal()).toBe(own);
  });

  it.each(OCTETS)('refuses %s with a key of another length (§6.1)', (suite, octets) => {
    for (const wrong of [octets - 3, octets - 1, octets + 1, octets + 3]) {
      const offer = peer('m=audio 4000 RTP/SAVP 8', `a=crypto:1 ${suite} inline:${keyOf(wrong, 99)}`);
      expect(answerOffer(offer, local).ok).toBe(false);
    }
  });

  it('takes a key without its padding (§6.1)', () => {
    const bare = keyOf(28, 99).replace(/=+$/, '');
    const { agreed } = answered(peer('m=audio 4000 RTP/SAVP 8', `a=crypto:1 AEAD_AES_128_GCM inline:${bare}|2^31`));
    expect(agreed.receiveKey?.reveal()).toBe(bare);
  });

  it('takes the first of the offer that is ours, whatever we would offer first (§5.1.2)', () => {
    const line = (tag: number, suite: string, octets: number) => `a=crypto:${tag} ${suite} inline:${keyOf(octets, 99)}`;
    const offer = peer(
      'm=audio 4000 RTP/AVP 8',
      line(1, 'AES_192_CM_HMAC_SHA1_80', 38),
      line(2, 'F8_128_HMAC_SHA1_80', 30),
      line(3, 'AEAD_AES_256_GCM', 44),
      line(4, 'AES_CM_128_HMAC_SHA1_80', 30),
    );
    expect(answered(offer).agreed.suite).toBe('AEAD_AES_256_GCM');
    const only = { ...local, crypto: local.crypto?.filter(({ suite }) => suite === 'AES_CM_128_HMAC_SHA1_80') };
    expect(answered(offer, only).crypto).toEqual([`a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(30, 1)}`]);
  });

  it.each([
    ['AES_CM_256_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 5],
    ['AES_CM_256_HMAC_SHA1_32', 'AES_256_CM_HMAC_SHA1_32', 6],
  ])('understands %s, and writes it as the peer does', (written, suite, fill) => {
    const offer = peer('m=audio 4000 RTP/SAVP 8', `a=crypto:2 ${written} inline:${keyOf(46, 99)}`);
    const { agreed, crypto } = answered(offer);
    expect(agreed.suite).toBe(suite);
    expect(crypto).toEqual([`a=crypto:2 ${written} inline:${keyOf(46, fill)}`]);
  });

  it('passes over a key of ours that comes back under another suite', () => {
    const offer = peer('m=audio 4000 RTP/SAVP 8', `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${keyOf(30, 1)}`);
    expect(answerOffer(offer, local).ok).toBe(false);
  });

  it('prefers the secure one of two lines for the same sound', () => {
    const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(30, 99)}`;
    const offer = peer('m=audio 4000 RTP/AVP 8', 'm=audio 4002 RTP/SAVP 8', key);
    const { answer, agreed } = answered(offer);
    expect(answer.media.map(({ port, protocol }) => [port, protocol])).toEqual([
      [0, 'RTP/AVP'],
      [16384, 'RTP/SAVP'],
    ]);
    expect(agreed).toMatchObject({ remotePort: 4002, encrypted: true });
    expect(answered(offer, { ...local, srtp: 'off' }).agreed).toMatchObject({ remotePort: 4000, encrypted: false });
  });

  it('is plain where RTP/AVP has only suites that we lack (RFC 8643 §3.2), and none where keys are required', () => {
    const offer = peer('m=audio 4000 RTP/AVP 8', `a=crypto:1 AES_192_CM_HMAC_SHA1_80 inline:${keyOf(38, 99)}`);
    expect(answered(offer).agreed).toMatchObject({ encrypted: false, suite: undefined });
    const required = answerOffer(offer, { ...local, srtp: 'required' });
    expect(!required.ok && required.error.code).toBe('encryption-required');
  });
});

describe('an answer to us', () => {
  const offer = createOffer(local);
  const read = (...lines: readonly string[]) => readAnswer(offer, peer('m=audio 4000 RTP/AVP 8', ...lines), local);

  it('counts by its tag and its suite together (§5.1.3)', () => {
    const agreed = read(`a=crypto:2 AEAD_AES_128_GCM inline:${keyOf(28, 99)}`);
    expect(agreed.ok && agreed.value).toMatchObject({ suite: 'AEAD_AES_128_GCM', encrypted: true });
    expect(agreed.ok && agreed.value.sendKey?.reveal()).toBe(keyOf(28, 2));
  });

  it.each([
    ['the suite of another tag', `a=crypto:1 AEAD_AES_128_GCM inline:${keyOf(28, 99)}`],
    ['a suite of ours that was not offered', `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${keyOf(30, 99)}`],
    ['our own key', `a=crypto:2 AEAD_AES_128_GCM inline:${keyOf(28, 2)}`],
    ['our own key without padding', `a=crypto:2 AEAD_AES_128_GCM inline:${keyOf(28, 2).slice(0, -2)}`],
  ])('is refused with %s', (_, line) => {
    const result = read(line);
    expect(!result.ok && result.error.code).toBe('bad-answer');
  });
});

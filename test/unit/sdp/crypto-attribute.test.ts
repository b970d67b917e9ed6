// What a=crypto may say of keys: one, or some that packets name (RFC 4568 §6.1).

import { describe, expect, it } from 'vitest';
import { readCryptoAttribute } from '../../../src/sdp/crypto-attribute.ts';

const THEIR_KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const ANOTHER_KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';

const named = (...keys: readonly string[]) => readCryptoAttribute(`1 AES_CM_128_HMAC_SHA1_80 ${keys.join(';')}`)?.named;

describe('keys that packets name (RFC 4568 §6.1)', () => {
  it('are several, by MKIs in network order, with lifetimes or without', () => {
    const keys = named(`inline:${THEIR_KEY}|1066:4`, `INLINE:${ANOTHER_KEY}|2^20|1:4`);
    expect(keys?.map(({ mki, key }) => [[...mki], key.reveal()])).toEqual([
      [[0, 0, 4, 42], THEIR_KEY],
      [[0, 0, 0, 1], ANOTHER_KEY],
    ]);
  });

  it('have names of up to 128 bytes', () => {
    const [longest] = named(`inline:${THEIR_KEY}|${256n ** 128n - 1n}:128`) ?? [];
    expect(longest?.mki).toEqual(Buffer.alloc(128, 255));
  });

  it('are one without a name', () => {
    const line = readCryptoAttribute(`1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`);
    expect(line?.key.reveal()).toBe(THEIR_KEY);
    expect(line?.named).toBeUndefined();
  });

  it('are four at most, as that many are kept', () => {
    const masters = [1, 2, 3, 4, 5].map((seed) => Buffer.alloc(30, seed).toString('base64'));
    const keys = masters.map((master, at) => `inline:${master}|${at + 1}:1`);
    expect(named(...keys.slice(0, 4))).toHaveLength(4);
    expect(named(...keys)).toBeUndefined();
    expect(readCryptoAttribute(`1 AES_CM_128_HMAC_SHA1_80 ${keys.join(';')}`)).toBeUndefined();
  });

  it.each([
    ['an MKI longer than 128 bytes', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:129`],
    ['an MKI of no bytes', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:0`],
    ['an MKI without its length', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|2^20|1:`],
    ['an MKI that its length cannot hold', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|256:1`],
    ['an MKI with a leading zero', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|01:4`],
    ['a lifetime behind the MKI', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4|2^20`],
    ['keys of which one has no MKI', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4;inline:${ANOTHER_KEY}`],
    ['MKIs of two lengths', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4;inline:${ANOTHER_KEY}|2:2`],
    ['one MKI for two keys', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4;inline:${ANOTHER_KEY}|1:4`],
    ['one key under two MKIs', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4;inline:${THEIR_KEY}|2:4`],
    ['FEC behind SRTP', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY} FEC_ORDER=SRTP_FEC`],
  ])('are none of a line that has %s', (_, value) => {
    expect(readCryptoAttribute(value)).toBeUndefined();
  });
});

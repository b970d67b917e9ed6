// What a=crypto may say of keys: one, or some that packets name, and how long they last (RFC 4568 §6.1).

import { describe, expect, it } from 'vitest';
import { readCryptoAttribute, withCryptoFault } from '../../../src/sdp/crypto-attribute.ts';

const THEIR_KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const ANOTHER_KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';

const read = (value: string) => {
  const line = readCryptoAttribute(value);
  return line.ok ? line.value : undefined;
};
const named = (...keys: readonly string[]) => read(`1 AES_CM_128_HMAC_SHA1_80 ${keys.join(';')}`)?.named;

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
    const line = read(`1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`);
    expect(line?.key.reveal()).toBe(THEIR_KEY);
    expect(line?.named).toBeUndefined();
  });

  it('are four at most, as that many are kept', () => {
    const masters = [1, 2, 3, 4, 5].map((seed) => Buffer.alloc(30, seed).toString('base64'));
    const keys = masters.map((master, at) => `inline:${master}|${at + 1}:1`);
    expect(named(...keys.slice(0, 4))).toHaveLength(4);
    expect(named(...keys)).toBeUndefined();
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
    expect(read(value)).toBeUndefined();
  });
});

describe('lifetimes (RFC 4568 §6.1)', () => {
  const lasting = (lifetime: string) => read(`1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|${lifetime}`)?.lifetime;

  it.each([
    ['1', 1],
    ['1000', 1000],
    ['2^0', 1],
    ['2^10', 1024],
    ['2^31', 2_147_483_648],
    ['2^48', 281_474_976_710_656],
    ['281474976710656', 281_474_976_710_656],
  ])('%s', (text, packets) => {
    expect(lasting(text)).toBe(packets);
    expect(lasting(`${text}|1:4`)).toBeUndefined();
    const [key] = named(`inline:${THEIR_KEY}|${text}|1:4`) ?? [];
    expect(key?.lifetime).toBe(packets);
  });

  it('are the suite’s where a line says none', () => {
    const line = read(`1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`);
    expect(line?.key.reveal()).toBe(THEIR_KEY);
    expect(line?.lifetime).toBeUndefined();
  });

  it('are each key’s own', () => {
    const keys = named(`inline:${THEIR_KEY}|2^10|1:4`, `inline:${ANOTHER_KEY}|2:4`);
    expect(keys?.map(({ lifetime }) => lifetime)).toEqual([1024, undefined]);
  });

  it.each(['0', '00', '01', '2^01', '2^49', '281474976710657', '9'.repeat(20)])(
    '%s is none, and is named in the one sentence that says so',
    (text) => {
      const value = `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|${text}`;
      expect(read(value)).toBeUndefined();
      expect(withCryptoFault('no key', [{ name: 'crypto', value }])).toBe(
        `no key: a crypto line has a lifetime of ${text} packets, where 1 to 2^48 may be`,
      );
    },
  );

  it.each(['', '-1', '1.5', '2^', '0x10', '1e3', ANOTHER_KEY])(
    '%j is none, and is not repeated, as it may be a key',
    (text) => {
      const value = `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|${text}`;
      expect(read(value)).toBeUndefined();
      const sentence = withCryptoFault('no key', [{ name: 'crypto', value }]);
      expect(sentence).toMatch(/^no key: a crypto line has a lifetime /);
      for (const key of [THEIR_KEY, ANOTHER_KEY]) expect(sentence).not.toContain(key);
    },
  );
});

describe('what is wrong', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const why = (...values: readonly string[]) =>
    withCryptoFault(
      'no key',
      values.map((value) => ({ name: 'crypto', value })),
    );

  it.each([
    ['a suite that is not known here', `1 F8_128_HMAC_SHA1_80 inline:${THEIR_KEY}`],
    ['a tag that is no number', `x ${suite} inline:${THEIR_KEY}`],
    ['no inline key as long as its suite wants it', `1 ${suite} inline:${THEIR_KEY.slice(1)}`],
    ['a session parameter that must be understood', `1 ${suite} inline:${THEIR_KEY} KDR=3`],
    ['an identifier of its key (MKI) that is none', `1 ${suite} inline:${THEIR_KEY}|1:129`],
    ['several keys that packets do not tell apart', `1 ${suite} inline:${THEIR_KEY};inline:${ANOTHER_KEY}`],
  ])('%s', (fault, value) => {
    expect(why(value)).toBe(`no key: a crypto line has ${fault}`);
  });

  it('is said of a suite of ours first', () => {
    const unknown = `1 F8_128_HMAC_SHA1_80 inline:${THEIR_KEY}`;
    expect(why(unknown, `2 ${suite} inline:${THEIR_KEY}|0`)).toContain('a lifetime of 0 packets');
    expect(why(unknown, `2 ${suite} inline:${THEIR_KEY}`)).toContain('a suite that is not known here');
  });

  it('is nothing where there is no line', () => {
    expect(why()).toBe('no key');
  });
});

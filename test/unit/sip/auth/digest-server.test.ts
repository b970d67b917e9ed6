import { describe, expect, it } from 'vitest';
import type { Result } from '../../../../src/base/result.ts';
import { Secret } from '../../../../src/base/secret.ts';
import {
  type DigestRefusal,
  type DigestVerification,
  formatChallenge,
  type VerifiedDigest,
  verifyDigest,
} from '../../../../src/sip/auth/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

// RFC 2617 §3.5 with a SIP method and URI; the response by md5sum from RFC 7616 §3.4.
const right =
  'Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com", ' +
  'qop=auth, nc=00000001, cnonce="0a4f113b", response="89eb0059246c02b2f6ee02c7961d5ea3"';

const byNobody = right.replace('"bob"', '"eve"').replace(/response=.*/, 'response="cea9c74ec7e7394e93d29ad9bba21a3e"');

const verify = (credentials: string, more: Partial<DigestVerification> = {}): Result<VerifiedDigest, DigestRefusal> =>
  verifyDigest({
    credentials,
    request: incoming('INVITE', { uri: 'sip:bob@biloxi.com' }),
    realm: 'biloxi.com',
    nonceIsGood: (nonce) => nonce === 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    passwordOf: (username) => (username === 'bob' ? new Secret('zanzibar') : undefined),
    ...more,
  });

describe('verifyDigest', () => {
  it('accepts what is right, and says whose it is and with which count', () => {
    expect(verify(right)).toMatchObject({
      ok: true,
      value: { username: 'bob', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', count: 1, cnonce: '0a4f113b' },
    });
    expect(verify(right.replace('89eb', '89EB')).ok).toBe(true);
  });

  it('reads a name in the extended notation (RFC 7616 §3.4)', () => {
    const extended = right.replace('username="bob"', "username*=UTF-8''%62ob");
    expect(verify(extended)).toMatchObject({ ok: true, value: { username: 'bob' } });
  });

  it('takes a URI that is the same in other letters (RFC 3261 §19.1.4)', () => {
    const request = incoming('INVITE', { uri: 'sip:bob@BILOXI.com' });
    expect(verify(right, { request }).ok).toBe(true);
  });

  it.each([
    ['two names', right.replace('username="bob"', 'username="bob", username*=UTF-8\'\'bob'), {}, 'malformed'],
    ['a name of no known characters', right.replace('username="bob"', "username*=KOI8-R''bob"), {}, 'malformed'],
    ['a name that is no UTF-8', right.replace('username="bob"', "username*=UTF-8''%ff"), {}, 'malformed'],
    ['a hashed name', `${right}, userhash=true`, {}, 'malformed'],
    ['another password', right, { passwordOf: (): Secret => new Secret('zanzibar ') }, 'wrong'],
    ['an unknown user', right.replace('"bob"', '"eve"'), {}, 'wrong'],
    ['an unknown user with an empty password', byNobody, {}, 'wrong'],
    ['another method', right, { request: incoming('REGISTER', { uri: 'sip:bob@biloxi.com' }) }, 'wrong'],
    ['another response', right.replace('89eb', '89ec'), {}, 'wrong'],
    ['a response cut short', right.replace('89eb0059', ''), {}, 'wrong'],
    ['another count than was hashed', right.replace('00000001', '00000002'), {}, 'wrong'],
    ['another request', right, { request: incoming('INVITE', { uri: 'sip:eve@biloxi.com' }) }, 'uri'],
    ['an old nonce', right, { nonceIsGood: () => false }, 'nonce'],
    ['another realm', right, { realm: 'atlanta.com' }, 'realm'],
    ['a count that is none', right.replace('00000001', '1'), {}, 'malformed'],
    ['no qop', right.replace('qop=auth, ', ''), {}, 'malformed'],
    ['no response', right.replace(/, response=.*/, ''), {}, 'malformed'],
    ['an unknown algorithm', `${right}, algorithm=SHA3-512`, {}, 'malformed'],
    ['Basic', 'Basic Ym9iOnphbnppYmFy', {}, 'malformed'],
    ['nothing', '', {}, 'malformed'],
  ] as const)('refuses %s', (_, credentials, more, expected) => {
    expect(verify(credentials, more)).toEqual({ ok: false, error: expected });
  });

  it('asks whether the nonce was given out for that algorithm: a weaker one must not be slipped in', () => {
    const asked: string[] = [];
    verify(right, { nonceIsGood: (_, algorithm) => asked.push(algorithm) < 0 });
    expect(asked).toEqual(['MD5']);
  });
});

describe('formatChallenge', () => {
  it('writes a challenge as RFC 3261 §20.44 has it', () => {
    expect(formatChallenge({ realm: 'the "door"', nonce: 'abc', algorithm: 'SHA-256' })).toBe(
      'Digest realm="the \\"door\\"", qop="auth", algorithm=SHA-256, nonce="abc"',
    );
    expect(formatChallenge({ realm: 'r', nonce: 'abc', algorithm: 'MD5', stale: true })).toContain('stale=true');
  });
});

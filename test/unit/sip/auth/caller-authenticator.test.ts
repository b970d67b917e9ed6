// "Incoming requests may be challenged": who knows a password gets in, and guessing one is slow.

import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { type Millis, millis, minutes, seconds } from '../../../../src/base/units.ts';
import { FailedLogins } from '../../../../src/sip/auth/failed-logins.ts';
import { CallerAuthenticator, type CallerVerdict, DigestClient } from '../../../../src/sip/auth/index.ts';
import { NonceCounts } from '../../../../src/sip/auth/nonce-counts.ts';
import { Nonces } from '../../../../src/sip/auth/nonces.ts';
import { createResponse, parseAuthHeader } from '../../../../src/sip/message/index.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming } from '../../../support/sip-messages.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';
const USERS = new Map([['alice', new Secret('wonderland')]]);

let clock = new FakeClock();
let door = new CallerAuthenticator({ clock, random: new SeededRandom(), realm: 'doorphone', users: () => USERS });

beforeEach(() => {
  clock = new FakeClock();
  door = new CallerAuthenticator({ clock, random: new SeededRandom(), realm: 'doorphone', users: () => USERS });
});

const phone = (username = 'alice', password = 'wonderland'): DigestClient =>
  new DigestClient({ random: new SeededRandom(3), credentials: { username, password: new Secret(password) } });

/** What the phone sends after a 401 with these challenges. */
function answering(digest: DigestClient, challenges: readonly string[]): SipRequest {
  const headers = challenges.map((value) => ['WWW-Authenticate', value] as const);
  const response = createResponse(incoming('INVITE'), 401, { headers });
  const answer = digest.answer(incoming('INVITE'), response);
  if (!answer.ok) throw new Error(answer.error.message);
  return withCredentials(answer.value);
}

function withCredentials(credentials: readonly (readonly [string, string])[]): SipRequest {
  const request = incoming('INVITE');
  for (const [name, value] of credentials) request.headers.append(name, value);
  return request;
}

/** A try by a fresh challenge. */
const attempt = (digest: DigestClient, source = HERE): CallerVerdict =>
  door.judge(answering(digest, door.challenges(source, false)), source);

describe('CallerAuthenticator', () => {
  it('asks nobody where nobody has a password', () => {
    const open = new CallerAuthenticator({ clock, random: new SeededRandom(), realm: 'r', users: () => new Map() });
    expect(open.judge(incoming('INVITE'), HERE)).toEqual({ kind: 'off' });
  });

  it('challenges with SHA-256, then with MD5 (RFC 8760 §2.3), each with a nonce of its own', () => {
    expect(door.judge(incoming('INVITE'), HERE)).toEqual({ kind: 'unknown', stale: false });
    const challenges = door.challenges(HERE, true);
    expect(challenges.map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5']);
    expect(new Set(challenges.map((value) => /nonce="([^"]+)"/.exec(value)?.[1])).size).toBe(2);
    for (const value of challenges) expect(value).toContain('stale=true');
  });

  it('asks by MD5 alone for phones that give up on SHA-256, and takes no answer by anything else', () => {
    const options = { clock, random: new SeededRandom(), realm: 'doorphone', users: () => USERS };
    const plain = new CallerAuthenticator({ ...options, algorithms: () => ['MD5'] });
    const challenges = plain.challenges(HERE, false);
    expect(challenges.map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['MD5']);
    expect(plain.judge(answering(phone(), challenges), HERE)).toMatchObject({ kind: 'right', username: 'alice' });
    const forged = challenges.map((value) => value.replace('algorithm=MD5', 'algorithm=SHA-256'));
    expect(plain.judge(answering(phone(), forged), HERE).kind).toBe('unknown');
  });

  it.each([0, 1])('takes the right answer to challenge %i', (at) => {
    expect(door.judge(answering(phone(), [door.challenges(HERE, false)[at] ?? '']), HERE)).toMatchObject({
      kind: 'right',
      username: 'alice',
    });
  });

  it('proves that it knows the password as well (RFC 7616 §3.5), by the count and cnonce of the request', () => {
    const request = answering(phone(), door.challenges(HERE, false));
    const verdict = door.judge(request, HERE);
    const given = parseAuthHeader(request.headers.get('Authorization') ?? '');
    if (verdict.kind !== 'right' || !given.ok) throw new Error('not let in');
    const part = (name: string): string => given.value.parameters.get(name) ?? '';
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const rspauth = sha256(
      `${sha256('alice:doorphone:wonderland')}:${part('nonce')}:00000001:${part('cnonce')}:auth:${sha256(`:${part('uri')}`)}`,
    );
    const written = `qop=auth, rspauth="${rspauth}", cnonce="${part('cnonce')}", nc=00000001`;
    expect(verdict.proof?.(Buffer.from('a body'))).toBe(written);
  });

  it('names the next nonce when that of the request grows old, and takes it', () => {
    const digest = phone();
    const challenges = door.challenges(HERE, false);
    const proofAfter = (wait: Millis): string => {
      const asked = answering(digest, challenges);
      clock.advance(wait);
      const verdict = door.judge(asked, HERE);
      return verdict.kind === 'right' ? (verdict.proof?.(Buffer.alloc(0)) ?? '') : verdict.kind;
    };
    expect(proofAfter(seconds(140))).not.toContain('nextnonce');
    const old = proofAfter(seconds(20));
    const next = /nextnonce="([^"]+)"/.exec(old)?.[1];
    clock.advance(seconds(290));
    const renewed = challenges.map((value) => value.replace(/nonce="[^"]+"/, `nonce="${next}"`)).slice(0, 1);
    expect(door.judge(answering(phone(), renewed), HERE).kind).toBe('right');
  });

  it('takes credentials for other realms for none', () => {
    const request = incoming('INVITE', { extra: ['Authorization: Digest realm="elsewhere", nonce="n", username="x"'] });
    expect(door.judge(request, HERE)).toEqual({ kind: 'unknown', stale: false });
  });

  it('tells a wrong password from an unknown user by nothing', () => {
    expect(attempt(phone('alice', 'guess'))).toEqual({ kind: 'wrong', tries: 1 });
    expect(attempt(phone('nobody', 'guess'))).toEqual({ kind: 'wrong', tries: 2 });
    expect(attempt(phone('nobody', ''))).toEqual({ kind: 'wrong', tries: 3 });
  });

  describe('credentials that somebody has overheard', () => {
    it('are of no use a second time', () => {
      const overheard = answering(phone(), door.challenges(HERE, false));
      expect(door.judge(overheard, HERE).kind).toBe('right');
      expect(door.judge(overheard, HERE)).toEqual({ kind: 'unknown', stale: true });
    });

    it('are of no use from another address', () => {
      const overheard = answering(phone(), door.challenges(HERE, false));
      expect(door.judge(overheard, ELSEWHERE)).toEqual({ kind: 'unknown', stale: true });
    });

    it('are of no use later', () => {
      const overheard = answering(phone(), door.challenges(HERE, false));
      clock.advance(minutes(5) + 1);
      expect(door.judge(overheard, HERE)).toEqual({ kind: 'unknown', stale: true });
    });

    it('are of no use after a restart', () => {
      const overheard = answering(phone(), door.challenges(HERE, false));
      const again = new CallerAuthenticator({
        clock,
        random: new SeededRandom(2),
        realm: 'doorphone',
        users: () => USERS,
      });
      expect(again.judge(overheard, HERE)).toEqual({ kind: 'unknown', stale: true });
    });

    it('are of no use for another request', () => {
      const [value = ''] = answering(phone(), door.challenges(HERE, false)).headers.all('Authorization');
      const bye = incoming('BYE', { extra: [`Authorization: ${value}`] });
      expect(door.judge(bye, HERE).kind).toBe('wrong');
      const other = incoming('INVITE', { uri: 'sip:garage@192.0.2.9', extra: [`Authorization: ${value}`] });
      expect(door.judge(other, HERE)).toEqual({ kind: 'unknown', stale: false });
    });
  });

  it('lets a nonce be used again as long as its count rises', () => {
    const digest = phone();
    expect(door.judge(answering(digest, door.challenges(HERE, false)), HERE).kind).toBe('right');
    const second = withCredentials(digest.prepare(incoming('INVITE')));
    const third = withCredentials(digest.prepare(incoming('INVITE')));
    expect(door.judge(third, HERE).kind).toBe('right');
    expect(door.judge(second, HERE)).toEqual({ kind: 'unknown', stale: true });
  });

  it('takes no answer by an algorithm that its nonce was not made for', () => {
    const [sha256 = ''] = door.challenges(HERE, false);
    const weaker = answering(phone(), [sha256.replace('algorithm=SHA-256', 'algorithm=MD5')]);
    expect(door.judge(weaker, HERE)).toEqual({ kind: 'unknown', stale: true });
  });

  it('takes no nonce that it has not made', () => {
    const forged = answering(phone(), ['Digest realm="doorphone", qop="auth", algorithm=MD5, nonce="0123456789"']);
    expect(door.judge(forged, HERE)).toEqual({ kind: 'unknown', stale: true });
  });

  it('is locked for who fails five times, also for the right password, and open to others', () => {
    for (let tries = 1; tries <= 5; tries += 1) expect(attempt(phone('alice', `guess ${tries}`)).kind).toBe('wrong');
    expect(attempt(phone())).toEqual({ kind: 'locked' });
    expect(door.judge(incoming('INVITE'), HERE)).toEqual({ kind: 'locked' });
    expect(attempt(phone(), ELSEWHERE).kind).toBe('right');
    clock.advance(seconds(30) + 1);
    expect(attempt(phone()).kind).toBe('right');
  });
});

describe('FailedLogins', () => {
  it('locks for 30 s, then twice as long each time, an hour at most', () => {
    const failed = new FailedLogins(clock);
    for (let tries = 0; tries < 4; tries += 1) failed.wrong(HERE);
    expect(failed.lockedFor(HERE)).toBeUndefined();
    const locks = Array.from({ length: 9 }, () => {
      failed.wrong(HERE);
      const lock = failed.lockedFor(HERE) ?? millis(0);
      clock.advance(lock);
      return lock / 1000;
    });
    expect(locks).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('forgets an hour after the lock', () => {
    const failed = new FailedLogins(clock);
    for (let tries = 0; tries < 5; tries += 1) failed.wrong(HERE);
    clock.advance(minutes(60) + seconds(30));
    expect(failed.wrong(HERE)).toBe(1);
  });

  it('has a budget for a swarm, in which those who have shown a password are not locked out', () => {
    const failed = new FailedLogins(clock);
    failed.right(HERE);
    for (let at = 0; at < 60; at += 1) failed.wrong(`198.51.100.${at}`);
    expect(failed.lockedFor('203.0.113.1')).toBeDefined();
    expect(failed.lockedFor(HERE)).toBeUndefined();
    clock.advance(seconds(10));
    expect(failed.lockedFor('203.0.113.1')).toBeUndefined();
  });
});

describe('NonceCounts', () => {
  it('is bounded, and takes what it may have forgotten for a replay', () => {
    const counts = new NonceCounts(10);
    for (let at = 0; at < 100; at += 1) expect(counts.take(`n${at}`, 1, millis(at))).toBe(true);
    expect(counts.size).toBe(10);
    expect(counts.take('n5', 1, millis(5))).toBe(false);
    expect(counts.take('n99', 1, millis(99))).toBe(false);
    expect(counts.take('n99', 2, millis(99))).toBe(true);
  });

  it('forgets what is too old to be taken at all', () => {
    const counts = new NonceCounts();
    counts.take('old', 1, millis(1));
    counts.take('new', 1, millis(100));
    counts.forgetBefore(millis(50));
    expect(counts.size).toBe(1);
  });
});

describe('Nonces', () => {
  it('knows its own, for whom and for what it made them, and when', () => {
    const nonces = new Nonces(clock, new SeededRandom());
    const nonce = nonces.make(HERE, 'SHA-256');
    const then = clock.now();
    clock.advance(1000);
    expect(nonces.madeAt(nonce, HERE, 'sha-256')).toBe(then);
    expect(nonces.madeAt(nonce, ELSEWHERE, 'SHA-256')).toBeUndefined();
    expect(nonces.madeAt(nonce, HERE, 'MD5')).toBeUndefined();
    const later = `________${nonce.slice(8)}`;
    const otherwise = nonce.replace(/.$/, (last) => `${last}=`);
    for (const forged of ['', 'x', nonce.slice(1), `${nonce}0`, later, otherwise]) {
      expect(nonces.madeAt(forged, HERE, 'SHA-256')).toBeUndefined();
    }
  });
});

import { describe, expect, it } from 'vitest';
import { formatAuthHeader, parseAuthHeader, parseAuthParameters } from '../../../../src/sip/message/index.ts';

function read(text: string) {
  const parsed = parseAuthHeader(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { scheme: parsed.value.scheme, ...Object.fromEntries(parsed.value.parameters) };
}

describe('parseAuthHeader', () => {
  it('reads the challenge of §20.27', () => {
    expect(
      read(
        'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth", nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5',
      ),
    ).toEqual({
      scheme: 'Digest',
      realm: 'atlanta.com',
      domain: 'sip:boxesbybob.com',
      qop: 'auth',
      nonce: 'f84f1cec41e6cbe5aea9c8e88d359',
      opaque: '',
      stale: 'FALSE',
      algorithm: 'MD5',
    });
  });

  it('reads the credentials of §20.7', () => {
    expect(
      read(
        'Digest username="Alice", realm="atlanta.com", nonce="84a4cc6f3082121f32b42a2187831a9e", response="7587245234b3434cc3412213e5f113a5432"',
      ),
    ).toMatchObject({ username: 'Alice', response: '7587245234b3434cc3412213e5f113a5432' });
  });

  it('reads white space and commas in quotes, escapes, upper-case names', () => {
    expect(read('digest  REALM = "a, \\"b\\"" ,qop="auth,auth-int", nc=00000001')).toEqual({
      scheme: 'digest',
      realm: 'a, "b"',
      qop: 'auth,auth-int',
      nc: '00000001',
    });
  });

  it.each([
    '',
    'Digest',
    'Digest ',
    'Digest realm',
    'Digest realm="a',
    'Digest realm="a" nonce="b"',
    'Digest realm="a",',
    'Digest realm="a", REALM="b"',
    'Digest ="a"',
    'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== x',
    `Digest ${Array.from({ length: 40 }, (_, at) => `p${at}=1`).join(',')}`,
  ])('refuses %j', (text) => {
    expect(parseAuthHeader(text)).toMatchObject({ ok: false, error: { code: 'bad-header' } });
  });

  it('says nothing of a credential in its error', () => {
    const parsed = parseAuthHeader('Digest username="alice", response="5ecre7" x');
    expect(JSON.stringify(parsed)).not.toMatch(/5ecre7|alice/);
  });
});

describe('parseAuthParameters', () => {
  it('reads Authentication-Info (§20.6)', () => {
    const parsed = parseAuthParameters('nextnonce="47364c23432d2e131a5fb210812c", qop=auth');
    expect(parsed.ok && Object.fromEntries(parsed.value)).toEqual({
      nextnonce: '47364c23432d2e131a5fb210812c',
      qop: 'auth',
    });
  });
});

describe('formatAuthHeader (§25.1)', () => {
  const parameters = new Map([
    ['username', 'a"b'],
    ['realm', 'atlanta.com'],
    ['qop', 'auth'],
    ['algorithm', 'SHA-256'],
    ['nc', '00000001'],
    ['stale', 'true'],
    ['response', '0123'],
  ]);

  it('writes credentials with qop, algorithm and nc unquoted', () => {
    expect(formatAuthHeader({ scheme: 'Digest', parameters }, 'credentials')).toBe(
      'Digest username="a\\"b", realm="atlanta.com", qop=auth, algorithm=SHA-256, nc=00000001, stale=true, response="0123"',
    );
  });

  it('writes a challenge with qop quoted', () => {
    const text = formatAuthHeader({ scheme: 'Digest', parameters: new Map([['qop', 'auth,auth-int']]) }, 'challenge');
    expect(text).toBe('Digest qop="auth,auth-int"');
  });

  it('lets a value begin no header and no parameter', () => {
    const text = formatAuthHeader(
      { scheme: 'Digest', parameters: new Map([['algorithm', 'MD5\r\nX: y, nc=2']]) },
      'credentials',
    );
    expect(text).toBe('Digest algorithm="MD5 X: y, nc=2"');
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { Random } from '../../../../src/base/random.ts';
import { Secret } from '../../../../src/base/secret.ts';
import { type ChallengedRequest, type CredentialHeaders, DigestClient } from '../../../../src/sip/auth/index.ts';
import { createResponse, parseAuthHeader } from '../../../../src/sip/message/index.ts';
import type { SipRequest, SipResponse } from '../../../../src/sip/message/types.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming } from '../../../support/sip-messages.ts';

/** Chance that gives one cnonce: that of an example. */
const fixed = (cnonce: string): Random => {
  const random = new SeededRandom();
  return { bytes: (length) => random.bytes(length), uniform: () => random.uniform(), hex: () => cnonce };
};

const client = (username: string, password: string, cnonce = '0a4f113b'): DigestClient =>
  new DigestClient({ random: fixed(cnonce), credentials: { username, password: new Secret(password) } });

const challenged = (status: 401 | 407, ...challenges: readonly string[]): SipResponse => {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return createResponse(incoming('GET'), status, { headers: challenges.map((value) => [name, value] as const) });
};

/** The request again, with the credentials that it was given. */
function retried(request: SipRequest, credentials: CredentialHeaders): SipRequest {
  const again = incoming(request.method, { uri: request.requestUri });
  for (const [name, value] of credentials) again.headers.append(name, value);
  return again;
}

function answered(digest: DigestClient, request: ChallengedRequest, response: SipResponse): CredentialHeaders {
  const result = digest.answer(request, response);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function refusal(digest: DigestClient, request: SipRequest, response: SipResponse): string {
  const result = digest.answer(request, response);
  return result.ok ? 'answered' : result.error.code;
}

function parameters(credentials: CredentialHeaders, at = 0): Map<string, string> {
  const parsed = parseAuthHeader(credentials[at]?.[1] ?? '');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return new Map(parsed.value.parameters);
}

describe('the response', () => {
  // The examples of HTTP: what they get is named by a path.
  const get = (requestUri: string): ChallengedRequest => {
    const { headers, body } = incoming('GET');
    return { method: 'GET', requestUri, headers, body };
  };
  const rfc7616 =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of RFC 7616 §3.9.1 with %s', (algorithm, expected) => {
    const request = get('/dir/index.html');
    const digest = client('Mufasa', 'Circle of Life', 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ');
    const credentials = answered(digest, request, challenged(401, `Digest algorithm=${algorithm}, ${rfc7616}`));
    expect(Object.fromEntries(parameters(credentials))).toEqual({
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      uri: '/dir/index.html',
      algorithm,
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      qop: 'auth',
      response: expected,
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
    });
  });

  it('is that of RFC 7616 §3.9.2 with SHA-512-256, as its erratum 4897 and OpenSSL compute it', () => {
    const request = get('/doe.json');
    const digest = client('Jäsøn Doe', 'Secret, or not?', 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v');
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=true, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"';
    const credentials = answered(digest, request, challenged(401, challenge));
    const said = parameters(credentials);
    expect(said.get('response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
    expect(said.get('username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b');
    expect(credentials[0]?.[1]).toContain('userhash=true');
    expect(said.has('username*')).toBe(false);
  });

  it('is the same where the name cannot be hashed: it goes as RFC 7616 §3.9.2 writes it', () => {
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=utf-8, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK"';
    // Decomposed, as a keyboard may give it: RFC 7616 §4 has it composed.
    const digest = client('Ja\u0308søn Doe', 'Secret, or not?', 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v');
    const credentials = answered(digest, get('/doe.json'), challenged(401, challenge));
    expect(credentials[0]?.[1]).toContain("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe,");
    expect(credentials[0]?.[1]).not.toContain('username="');
    expect(parameters(credentials).get('response')).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    );
  });

  it('has the name in plain UTF-8 for a server that says nothing of characters', () => {
    const challenge = 'Digest realm="api@example.org", qop="auth", nonce="n"';
    const [header] = answered(client('Jäsøn', 'x'), get('/doe.json'), challenged(401, challenge));
    expect(header?.[1]).toContain('username="Jäsøn"');
  });

  it('is that of RFC 2617 §3.5', () => {
    const request = get('/dir/index.html');
    const challenge =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const credentials = answered(client('Mufasa', 'Circle Of Life'), request, challenged(401, challenge));
    expect(parameters(credentials).get('response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(parameters(credentials).has('algorithm')).toBe(false);
  });

  // Computed with md5sum from RFC 7616 §3.4.
  const nonce = 'realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  it.each([
    ['without qop (RFC 2069)', 'REGISTER', 'sip:biloxi.com', '', '4441045a8075db3ead543693997e2a0e'],
    ['qop=auth', 'INVITE', 'sip:bob@biloxi.com', ', qop="auth"', '89eb0059246c02b2f6ee02c7961d5ea3'],
    ['qop=auth-int alone', 'INVITE', 'sip:bob@biloxi.com', ', qop="auth-int"', 'b1c81b2ae89822a39dca670743286f7d'],
    [
      'MD5-sess',
      'INVITE',
      'sip:bob@biloxi.com',
      ', qop="auth", algorithm=MD5-sess',
      'e4e4ea61d186d07a92c9e1f6919902e9',
    ],
  ])('in SIP, %s', (_, method, uri, more, expected) => {
    const request = incoming(method, { uri });
    if (more.includes('auth-int')) request.body = Buffer.from('v=0');
    const digest = client('bob', 'zanzibar');
    const credentials = answered(digest, request, challenged(401, `Digest ${nonce}${more}`));
    expect(parameters(credentials).get('response')).toBe(expected);
    expect(parameters(credentials).has('nc')).toBe(more !== '');
    expect(parameters(credentials).has('cnonce')).toBe(more !== '');
  });

  it('counts the uses of a nonce', () => {
    const request = incoming('INVITE', { uri: 'sip:bob@biloxi.com' });
    const digest = client('bob', 'zanzibar');
    answered(digest, request, challenged(401, `Digest ${nonce}, qop="auth"`));
    const second = parameters(digest.prepare(request));
    expect(second.get('nc')).toBe('00000002');
    expect(second.get('response')).toBe('a2ad8a54015a6d71ceed909c3c0ef76f');
    for (let use = 0; use < 14; use += 1) digest.prepare(request);
    expect(parameters(digest.prepare(request)).get('nc')).toBe('00000011');
  });
});

describe('what an accepting server says (RFC 7616 §3.5)', () => {
  const NONCE = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
  const NEXT = '47364c23432d2e131a5fb210812c';
  const request = incoming('INVITE', { uri: 'sip:bob@biloxi.com' });

  /** A client, and the request with which it answered a challenge. */
  function asked(more: string, status: 401 | 407 = 401) {
    const digest = client('bob', 'zanzibar');
    const challenge = `Digest realm="biloxi.com", nonce="${NONCE}"${more}`;
    return { digest, sent: retried(request, answered(digest, request, challenged(status, challenge))) };
  }

  const accepting = (info: string, body = '', name = 'Authentication-Info'): SipResponse => {
    const response = createResponse(request, 200, { headers: [[name, info]] });
    response.body = Buffer.from(body);
    return response;
  };

  // Computed with md5sum and sha256sum from RFC 7616 §3.5.
  const count = 'cnonce="0a4f113b", nc=00000001';
  it.each([
    ['auth', ', qop="auth"', `rspauth="9175a7857f138ef9768651f475f1d73a", qop=auth, ${count}`, 'ignored'],
    ['auth-int', ', qop="auth-int"', `qop=auth-int, rspauth="ef8f1a7eae1ec0cdf689eea7955654bc", ${count}`, 'v=0'],
    [
      'auth-int after auth',
      ', qop="auth"',
      `qop=auth-int, rspauth="ef8f1a7eae1ec0cdf689eea7955654bc", ${count}`,
      'v=0',
    ],
    [
      'SHA-256',
      ', qop="auth", algorithm=SHA-256',
      `rspauth="EAC28E17B8D5D63E96E148E02F1B50AFCF750AEECB3856AC20399028C0EE51E6", ${count}`,
      '',
    ],
    ['no qop', '', 'rspauth="748e424548c73d52e3bde6eef2d03c69"', ''],
  ])('proves by %s that it knows the password', (_, challenge, info, body) => {
    const { digest, sent } = asked(challenge);
    expect(digest.accepted(sent, accepting(info, body))).toBe('right');
  });

  it.each([
    ['another digest', `rspauth="9175a7857f138ef9768651f475f1d73b", qop=auth, ${count}`],
    ['the digest of the request', `rspauth="89eb0059246c02b2f6ee02c7961d5ea3", qop=auth, ${count}`],
    ['nothing at all', `rspauth="", qop=auth, ${count}`],
    ['a body that was changed', `rspauth="ef8f1a7eae1ec0cdf689eea7955654bc", qop=auth-int, ${count}`],
  ])('proves nothing by %s, and its next nonce is not taken', (_, info) => {
    const { digest, sent } = asked(', qop="auth"');
    expect(digest.accepted(sent, accepting(`${info}, nextnonce="${NEXT}"`, 'v=1'))).toBe('wrong');
    expect(parameters(digest.prepare(request)).get('nonce')).toBe(NONCE);
  });

  it.each([
    ['nothing', ''],
    ['what cannot be read', 'rspauth="'],
    ['what is for others', 'rspauth="9175a7857f138ef9768651f475f1d73b", cnonce="another", nc=00000001'],
  ])('is not asked to prove itself: %s', (_, info) => {
    const { digest, sent } = asked(', qop="auth"');
    expect(digest.accepted(sent, accepting(info))).toBe('none');
  });

  it.each([
    ['MD5', ', qop="auth"', 'b7f0bf7a0e0d129c9ac07ac7dedbc044'],
    // A1 stays that of the first nonce (§3.4.2).
    ['MD5-sess', ', qop="auth", algorithm=MD5-sess', '0d08ca3a03b16ea376cfe13370bf7fbb'],
  ])('names the nonce of the next request: %s', (_, challenge, expected) => {
    const { digest, sent } = asked(challenge);
    expect(digest.accepted(sent, accepting(`nextnonce="${NEXT}"`))).toBe('none');
    const next = parameters(digest.prepare(request));
    expect([next.get('nonce'), next.get('nc'), next.get('response')]).toEqual([NEXT, '00000001', expected]);
    expect(parameters(digest.prepare(request)).get('nc')).toBe('00000002');
  });

  it('lets a client of RFC 2069 use that nonce, once', () => {
    const { digest, sent } = asked('');
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`));
    expect(parameters(digest.prepare(request)).get('nonce')).toBe(NEXT);
    expect(digest.prepare(request)).toEqual([]);
  });

  it('is a proxy in Proxy-Authentication-Info, and a server in the other', () => {
    const { digest, sent } = asked(', qop="auth"', 407);
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`));
    expect(parameters(digest.prepare(request)).get('nonce')).toBe(NONCE);
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`, '', 'Proxy-Authentication-Info'));
    expect(parameters(digest.prepare(request)).get('nonce')).toBe(NEXT);
  });

  it('is not believed of the next nonce twice: an older answer that comes late changes nothing', () => {
    const { digest, sent } = asked(', qop="auth"');
    const later = retried(request, digest.prepare(request));
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`));
    digest.accepted(later, accepting('nextnonce="older"'));
    expect(parameters(digest.prepare(request)).get('nonce')).toBe(NEXT);
  });

  it('may have forgotten the nonce that it announced: its next challenge is answered', () => {
    const { digest, sent } = asked(', qop="auth"');
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`));
    const prepared = retried(request, digest.prepare(request));
    const fresh = answered(digest, prepared, challenged(401, 'Digest realm="biloxi.com", nonce="n3", qop="auth"'));
    expect(parameters(fresh).get('nonce')).toBe('n3');
    const again = retried(request, fresh);
    expect(refusal(digest, again, challenged(401, 'Digest realm="biloxi.com", nonce="n4", qop="auth"'))).toBe(
      'rejected',
    );
  });

  it('does not say whose next nonce it is where two of them took credentials', () => {
    const digest = client('bob', 'zanzibar');
    const two = ['one', 'two'].map((realm) => `Digest realm="${realm}", nonce="${realm}", qop="auth"`);
    const sent = retried(request, answered(digest, request, challenged(407, ...two)));
    digest.accepted(sent, accepting(`nextnonce="${NEXT}"`, '', 'Proxy-Authentication-Info'));
    const next = digest.prepare(request);
    expect([0, 1].map((at) => parameters(next, at).get('nonce'))).toEqual(['one', 'two']);
  });
});

describe('credentials by realm', () => {
  const request = incoming('INVITE', { uri: 'sip:bob@biloxi.com' });
  const challenge = (realm: string): string => `Digest realm="${realm}", nonce="n", qop="auth"`;
  const byRealm = new Map([['edge.example.com', { username: 'trunk', password: new Secret('secret') }]]);
  const password = new Secret('zanzibar');

  it('answer the realm that they are for, the account’s own all others', () => {
    const digest = new DigestClient({ random: fixed('c'), credentials: { username: 'bob', password }, byRealm });
    const both = challenged(407, challenge('edge.example.com'), challenge('biloxi.com'));
    const credentials = answered(digest, request, both);
    expect([0, 1].map((at) => parameters(credentials, at).get('username'))).toEqual(['trunk', 'bob']);
  });

  it('leave other realms alone where the account has none of its own', () => {
    const digest = new DigestClient({ random: fixed('c'), credentials: undefined, byRealm });
    expect(refusal(digest, request, challenged(401, challenge('biloxi.com')))).toBe('no-credentials');
    const both = challenged(407, challenge('edge.example.com'), challenge('biloxi.com'));
    expect(answered(digest, request, both)).toHaveLength(1);
  });
});

describe('DigestClient', () => {
  let digest = client('door', 'opensesame');
  const request = incoming('REGISTER', { uri: 'sip:example.com' });
  const challenge = (nonce: string, more = '', realm = 'example.com'): string =>
    `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`;

  beforeEach(() => {
    digest = client('door', 'opensesame');
  });

  it('writes the header as the RFC quotes it', () => {
    const [header] = answered(digest, request, challenged(401, challenge('n1', ', algorithm=MD5, opaque="o"')));
    expect(header?.[0]).toBe('Authorization');
    expect(header?.[1]).toMatch(
      /^Digest username="door", realm="example.com", nonce="n1", uri="sip:example.com", response="[0-9a-f]{32}", algorithm=MD5, cnonce="0a4f113b", qop=auth, nc=00000001, opaque="o"$/,
    );
  });

  it.each([
    ['SHA-256 before MD5', ['MD5', 'SHA-256'], 'SHA-256'],
    ['SHA-256 before MD5, topmost or not', ['SHA-256', 'MD5'], 'SHA-256'],
    ['the topmost of equals', ['SHA-512-256', 'SHA-256'], 'SHA-512-256'],
    ['what it knows', ['SHA3-512', 'MD5'], 'MD5'],
    ['without regard to case', ['md5', 'sha-256'], 'SHA-256'],
  ])('chooses %s', (_, offered, expected) => {
    const challenges = offered.map((name, at) => challenge(`n${at}`, `, algorithm=${name}`));
    const credentials = answered(digest, request, challenged(401, ...challenges));
    expect(credentials).toHaveLength(1);
    expect(parameters(credentials).get('algorithm')).toBe(expected);
  });

  it('echoes realm, nonce and opaque with their quotes and backslashes', () => {
    const odd = 'Digest realm="the \\"front\\" door \\\\ bell", nonce="a\\"b", qop="auth", opaque="c\\\\d"';
    const [header] = answered(digest, request, challenged(401, odd));
    expect(header?.[1]).toContain('realm="the \\"front\\" door \\\\ bell"');
    expect(header?.[1]).toContain('nonce="a\\"b"');
    expect(header?.[1]).toContain('opaque="c\\\\d"');
  });

  it('echoes an opaque that is empty', () => {
    const [header] = answered(digest, request, challenged(401, challenge('n', ', opaque=""')));
    expect(header?.[1]).toContain('opaque=""');
  });

  it('answers a proxy with Proxy-Authorization', () => {
    const credentials = answered(digest, request, challenged(407, challenge('n1')));
    expect(credentials.map(([name]) => name)).toEqual(['Proxy-Authorization']);
  });

  it('answers each realm once, and goes on answering a proxy that was content (§22.3)', () => {
    const first = answered(digest, request, challenged(407, challenge('p1', '', 'one'), challenge('p2', '', 'two')));
    expect(first.map(([name]) => name)).toEqual(['Proxy-Authorization', 'Proxy-Authorization']);
    const again = retried(request, first);
    const second = answered(digest, again, challenged(401, challenge('s1', '', 'example.com')));
    expect(second.map(([name]) => name)).toEqual(['Proxy-Authorization', 'Proxy-Authorization', 'Authorization']);
    expect(second.map((_, at) => `${parameters(second, at).get('realm')} ${parameters(second, at).get('nc')}`)).toEqual(
      ['one 00000002', 'two 00000002', 'example.com 00000001'],
    );
  });

  describe('when it is challenged again', () => {
    const first = (): SipRequest => retried(request, answered(digest, request, challenged(401, challenge('n1'))));

    it('takes it for a wrong password, whatever the nonce', () => {
      const again = first();
      expect(refusal(digest, again, challenged(401, challenge('n1')))).toBe('rejected');
      expect(refusal(digest, again, challenged(401, challenge('n2')))).toBe('rejected');
    });

    it('tells no secret, and which realm it was', () => {
      const again = first();
      const result = digest.answer(again, challenged(401, challenge('n2')));
      expect(JSON.stringify([result, digest])).not.toContain('opensesame');
      expect(result).toMatchObject({ error: { message: expect.stringContaining('example.com') } });
    });

    it('takes stale for an old nonce, but not for ever', () => {
      let again = first();
      const nonces: (string | undefined)[] = [];
      for (let round = 2; round < 20; round += 1) {
        const result = digest.answer(again, challenged(401, challenge(`n${round}`, ', stale=TRUE')));
        if (!result.ok) {
          expect(result.error.code).toBe('rejected');
          break;
        }
        nonces.push(parameters(result.value).get('nonce'));
        expect(parameters(result.value).get('nc')).toBe('00000001');
        again = retried(request, result.value);
      }
      expect(nonces).toEqual(['n2', 'n3', 'n4']);
    });

    it('forgets how often a nonce was stale with the next request', () => {
      for (let at = 0; at < 10; at += 1) {
        const again = first();
        const stale = challenged(401, challenge(`stale${at}`, ', stale=true'));
        expect(refusal(digest, again, stale)).toBe('answered');
      }
    });

    it('tries a new nonce when the old one came from an earlier request, then no more', () => {
      first();
      const prepared = retried(request, digest.prepare(request));
      const fresh = answered(digest, prepared, challenged(401, challenge('n9')));
      expect(parameters(fresh).get('nonce')).toBe('n9');
      expect(parameters(fresh).get('nc')).toBe('00000001');
      const again = retried(request, fresh);
      expect(refusal(digest, again, challenged(401, challenge('n10')))).toBe('rejected');
    });

    it('does not repeat a nonce that was refused just now', () => {
      first();
      const prepared = retried(request, digest.prepare(request));
      expect(refusal(digest, prepared, challenged(401, challenge('n1')))).toBe('rejected');
    });

    it('without qop: once', () => {
      const plain = 'Digest realm="example.com", nonce="n1"';
      const again = retried(request, answered(digest, request, challenged(401, plain)));
      expect(refusal(digest, again, challenged(401, plain))).toBe('rejected');
    });
  });

  it('goes on counting when two requests are challenged with one nonce', () => {
    const one = answered(digest, request, challenged(401, challenge('shared')));
    const other = answered(digest, request, challenged(401, challenge('shared')));
    expect([parameters(one).get('nc'), parameters(other).get('nc')]).toEqual(['00000001', '00000002']);
    expect(parameters(one).get('cnonce')).toBe(parameters(other).get('cnonce'));
  });

  it('prepares nothing before a challenge, nor where a nonce cannot be used again', () => {
    expect(digest.prepare(request)).toEqual([]);
    answered(digest, request, challenged(401, 'Digest realm="example.com", nonce="n1"'));
    expect(digest.prepare(request)).toEqual([]);
  });

  it('remembers no more than a few realms', () => {
    for (let at = 0; at < 100; at += 1) answered(digest, request, challenged(401, challenge('n', '', `r${at}`)));
    expect(digest.prepare(request)).toHaveLength(8);
  });

  it.each([
    ['no challenge at all', [], 'no-challenge'],
    ['Basic', ['Basic realm="example.com"'], 'unsupported'],
    ['an unknown algorithm', [challenge('n', ', algorithm=SHA3-512')], 'unsupported'],
    ['an unknown qop', ['Digest realm="r", nonce="n", qop="auth-conf"'], 'unsupported'],
    ['a session algorithm without qop', ['Digest realm="r", nonce="n", algorithm=MD5-sess'], 'unsupported'],
    ['no nonce', ['Digest realm="r", qop="auth"'], 'unsupported'],
    ['no realm', ['Digest nonce="n", qop="auth"'], 'unsupported'],
    ['garbage', ['Digest realm="r, nonce='], 'unsupported'],
  ])('does not answer %s', (_, challenges, expected) => {
    expect(refusal(digest, request, challenged(401, ...challenges))).toBe(expected);
  });
});

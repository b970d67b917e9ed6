// DTLS-SRTP in offer and answer: RFC 5763 §5, RFC 8842 §3 to §5, RFC 8122 §5, RFC 4145 §4.1, opportunistically RFC 8643.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import {
  type AgreedMedia,
  answerOffer,
  createOffer,
  type LocalMedia,
  parseSdp,
  readAnswer,
  type SessionDescription,
  writeSdp,
} from '../../../src/sdp/index.ts';

/** RFC 8122 §3.1's, stretched to what SHA-256 has. */
const THEIRS = Array.from({ length: 32 }, (_, at) => (at * 7 + 1).toString(16).padStart(2, '0').toUpperCase()).join(
  ':',
);
const OTHER = THEIRS.replace('01', '02');
const OURS = new Uint8Array(32).fill(0xab);
const OURS_TEXT = new Array<string>(32).fill('AB').join(':');
const NAME = 'abcdefghijklmnopqrst';
const OUR_KEY = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const THEIR_KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';

const local: LocalMedia = {
  origin: { sessionId: 1, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['PCMA'],
  telephoneEvent: false,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp: 'required',
  profile: 'avp',
  keying: ['dtls', 'sdes'],
  crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(OUR_KEY) }],
  dtls: { fingerprint: { hash: 'sha-256', value: OURS }, name: NAME, associations: 0 },
};

/** What is said once an association stands. */
function following(agreed: AgreedMedia, ours: LocalMedia = local): LocalMedia {
  if (ours.dtls === undefined || agreed.dtls === undefined) throw new Error('no DTLS was agreed on');
  const associations = Math.max(ours.dtls.associations, agreed.dtls.association);
  return { ...ours, dtls: { ...ours.dtls, associations, established: agreed.dtls } };
}

function peer(protocol: string, attributes: readonly string[], where = '198.51.100.7 4000'): SessionDescription {
  const [address, port] = where.split(' ');
  const head = ['v=0', 'o=alice 1 1 IN IP4 198.51.100.7', 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  const parsed = parseSdp([...head, `m=audio ${port} ${protocol} 8`, ...attributes].join('\n'));
  if (!parsed.ok) throw new Error(`${parsed.error.code} in line ${parsed.error.line}`);
  return parsed.value;
}

const DTLS = 'UDP/TLS/RTP/SAVP';
const fingerprint = (value = THEIRS, hash = 'sha-256'): string => `a=fingerprint:${hash} ${value}`;
const crypto = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`;

function answered(offer: SessionDescription, ours: LocalMedia = local) {
  const result = answerOffer(offer, ours);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  const text = writeSdp(result.value.answer).split('\r\n');
  const says = (name: string) => text.find((line) => line.startsWith(`a=${name}`));
  return { ...result.value, text, says };
}

const refused = (offer: SessionDescription, ours: LocalMedia = local): string => {
  const result = answerOffer(offer, ours);
  return result.ok ? 'accepted' : result.error.code;
};

const offered = (ours: LocalMedia) => writeSdp(createOffer(ours)).split('\r\n');
const read = (answer: SessionDescription, ours: LocalMedia = local) => readAnswer(createOffer(ours), answer, ours);

function agreedBy(answer: SessionDescription, ours: LocalMedia = local): AgreedMedia {
  const result = read(answer, ours);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

describe('an offer', () => {
  it('demands a handshake by its profile, and leaves the roles open (RFC 5763 §5, RFC 8842 §5.2)', () => {
    const lines = offered(local);
    expect(lines).toContain('m=audio 16384 UDP/TLS/RTP/SAVP 8 13');
    expect(lines).toContain(`a=fingerprint:sha-256 ${OURS_TEXT}`);
    expect(lines).toContain('a=setup:actpass');
    expect(lines).toContain(`a=tls-id:${NAME}/1`);
    expect(lines).toContain('a=rtcp-mux');
    expect(lines.some((line) => line.startsWith('a=crypto'))).toBe(false);
  });

  it('has the profile with feedback where that is wanted', () => {
    expect(offered({ ...local, profile: 'avpf' })).toContain('m=audio 16384 UDP/TLS/RTP/SAVPF 8 13');
  });

  it('demands keys in the description where those come first', () => {
    const lines = offered({ ...local, keying: ['sdes', 'dtls'] });
    expect(lines).toContain('m=audio 16384 RTP/SAVP 8 13');
    expect(lines.some((line) => line.startsWith('a=fingerprint'))).toBe(false);
  });

  it('holds the first way in a plain line where encryption is optional (RFC 8643 §3.1)', () => {
    const lines = offered({ ...local, srtp: 'optional' });
    expect(lines).toContain('m=audio 16384 RTP/AVP 8 13');
    expect(lines.filter((line) => /^a=(fingerprint|setup|tls-id)/.test(line))).toHaveLength(3);
    expect(lines.some((line) => line.startsWith('a=crypto'))).toBe(false);
  });

  it('of a later time keeps the name of the association (RFC 8842 §5.5)', () => {
    const first = agreedBy(peer(DTLS, [fingerprint(), 'a=setup:active']));
    const lines = offered({ ...following(first), protocol: DTLS });
    expect(lines).toContain('a=setup:actpass');
    expect(lines).toContain(`a=tls-id:${NAME}/1`);
  });
});

describe('an offered handshake', () => {
  it.each([
    ['actpass', 'active', 'client'],
    ['active', 'passive', 'server'],
    ['passive', 'active', 'client'],
  ])('with setup:%s is answered with setup:%s (RFC 4145 §4.1)', (theirs, ours, role) => {
    const { agreed, says, text } = answered(peer(DTLS, [fingerprint(), `a=setup:${theirs}`]));
    expect(text).toContain('m=audio 16384 UDP/TLS/RTP/SAVP 8');
    expect(says('setup')).toBe(`a=setup:${ours}`);
    expect(says('fingerprint')).toBe(`a=fingerprint:sha-256 ${OURS_TEXT}`);
    expect(agreed.dtls).toMatchObject({ role, association: 1 });
    expect(agreed).toMatchObject({ encrypted: true, sendKey: undefined, receiveKey: undefined });
    expect(Buffer.from(agreed.dtls?.fingerprints[0]?.value ?? [])).toEqual(
      Buffer.from(THEIRS.replaceAll(':', ''), 'hex'),
    );
  });

  it('without setup is one that goes first (RFC 4145 §4.1)', () => {
    expect(answered(peer(DTLS, [fingerprint()])).says('setup')).toBe('a=setup:passive');
  });

  it('that is not to be held yet is none (RFC 8842 §5.1)', () => {
    expect(refused(peer(DTLS, [fingerprint(), 'a=setup:holdconn']))).toBe('encryption-required');
  });

  it('gets a tls-id only where it has one (RFC 8842 §5.3)', () => {
    expect(answered(peer(DTLS, [fingerprint(), 'a=setup:actpass'])).says('tls-id')).toBeUndefined();
    const named = peer(DTLS, [fingerprint(), 'a=setup:actpass', 'a=tls-id:abc3de65cddef001be82']);
    expect(answered(named).says('tls-id')).toBe(`a=tls-id:${NAME}/1`);
  });

  it.each(['UDP/TLS/RTP/SAVPF', 'RTP/SAVP', 'RTP/SAVPF', 'RTP/AVP', 'RTP/AVPF'])(
    'is taken in %s as well',
    (protocol) => {
      const { agreed, text } = answered(peer(protocol, [fingerprint(), 'a=setup:actpass']));
      expect(agreed.dtls?.role).toBe('client');
      expect(text).toContain(`m=audio 16384 ${protocol} 8`);
    },
  );

  it('may be described for the whole session, and the line goes before (RFC 8122 §5)', () => {
    const offer = peer(DTLS, []);
    const attributes = [
      { name: 'fingerprint', value: `sha-256 ${OTHER}` },
      { name: 'setup', value: 'passive' },
    ];
    const session = answered({ ...offer, attributes }).agreed.dtls;
    expect(session).toMatchObject({ role: 'client' });
    expect(session?.fingerprints[0]?.value[0]).toBe(2);
    const line = answered({ ...peer(DTLS, [fingerprint(), 'a=setup:active']), attributes }).agreed.dtls;
    expect(line).toMatchObject({ role: 'server' });
    expect(line?.fingerprints).toHaveLength(1);
    expect(line?.fingerprints[0]?.value[0]).toBe(1);
  });

  it('may name several certificates; weak and broken hashes are passed over', () => {
    const sha512 = new Array<string>(64).fill('0C').join(':');
    const { agreed } = answered(
      peer(DTLS, [
        fingerprint('01:02', 'sha-1'),
        fingerprint('01:02', 'sha-256'),
        fingerprint(`${THEIRS}:00`),
        fingerprint(THEIRS.toLowerCase(), 'SHA-256'),
        fingerprint(sha512, 'sha-512'),
        'a=setup:actpass',
      ]),
    );
    expect(agreed.dtls?.fingerprints.map(({ hash }) => hash)).toEqual(['sha-256', 'sha-512']);
  });

  it.each([
    ['none at all', []],
    ['SHA-1 only', [fingerprint(new Array<string>(20).fill('01').join(':'), 'sha-1')]],
    ['MD5 only', [fingerprint(new Array<string>(16).fill('01').join(':'), 'md5')]],
    ['no hexadecimal', ['a=fingerprint:sha-256 hello']],
    ['no value', ['a=fingerprint']],
  ])('with a fingerprint that cannot be used is refused: %s', (_, attributes) => {
    expect(refused(peer(DTLS, [...attributes, 'a=setup:actpass']))).toBe('encryption-required');
    expect(refused(peer(DTLS, [...attributes, 'a=setup:actpass']), { ...local, srtp: 'optional' })).toBe(
      'encryption-refused',
    );
  });

  it('is refused where encryption is off, or is to come by other ways', () => {
    const offer = peer(DTLS, [fingerprint(), 'a=setup:actpass']);
    expect(refused(offer, { ...local, srtp: 'off' })).toBe('encryption-refused');
    expect(refused(offer, { ...local, srtp: 'optional', keying: ['sdes'] })).toBe('encryption-refused');
  });

  it('beside keys is a choice, and it is ours (RFC 8643 §3.2: one, never two)', () => {
    const offer = peer('RTP/AVP', [crypto, fingerprint(), 'a=setup:actpass']);
    const handshake = answered(offer);
    expect(handshake.agreed.dtls?.role).toBe('client');
    expect(handshake.says('crypto')).toBeUndefined();
    const keys = answered(offer, { ...local, keying: ['sdes', 'dtls'] });
    expect(keys.agreed.dtls).toBeUndefined();
    expect(keys.agreed.receiveKey?.reveal()).toBe(THEIR_KEY);
    expect(keys.says('fingerprint')).toBeUndefined();
  });

  it('keys in a line that names DTLS count for nothing', () => {
    expect(refused(peer(DTLS, [crypto]))).toBe('encryption-required');
  });
});

describe('an answer', () => {
  it.each([
    ['active', 'server'],
    ['passive', 'client'],
    ['actpass', 'client'],
  ])('with setup:%s makes us the %s', (setup, role) => {
    const agreed = agreedBy(peer(DTLS, [fingerprint(), `a=setup:${setup}`]));
    expect(agreed).toMatchObject({ encrypted: true, dtls: { role, association: 1 } });
  });

  it('without setup leaves the first step to us (RFC 4145 §4.1)', () => {
    expect(agreedBy(peer(DTLS, [fingerprint()])).dtls?.role).toBe('client');
  });

  it.each([
    ['no fingerprint', DTLS, []],
    ['a plain profile', 'RTP/AVP', [fingerprint(), 'a=setup:active']],
    ['keys', 'RTP/SAVP', [crypto]],
    ['holdconn', DTLS, [fingerprint(), 'a=setup:holdconn']],
  ])('to a demand is of no use with %s', (_, protocol, attributes) => {
    const result = read(peer(protocol, attributes));
    expect(result.ok ? 'accepted' : result.error.code).toBe('encryption-required');
  });

  it('to an opportunistic offer may take it, or leave it (RFC 8643 §3.3)', () => {
    const optional: LocalMedia = { ...local, srtp: 'optional' };
    expect(agreedBy(peer('RTP/AVP', [fingerprint(), 'a=setup:active']), optional).dtls?.role).toBe('server');
    expect(agreedBy(peer('RTP/AVP', []), optional)).toMatchObject({ encrypted: false, dtls: undefined });
  });

  it('with a way that was not offered is none', () => {
    const sdes = { ...local, srtp: 'optional', keying: ['sdes', 'dtls'] } as const;
    const handshake = read(peer('RTP/AVP', [fingerprint(), 'a=setup:active']), sdes);
    expect(handshake.ok && handshake.value).toMatchObject({ encrypted: false, dtls: undefined });
    const secure = read(peer(DTLS, [fingerprint(), 'a=setup:active']), sdes);
    expect(secure.ok ? 'accepted' : secure.error.code).toBe('bad-answer');
    const keys = read(peer('RTP/AVP', [crypto]), { ...local, srtp: 'optional' });
    expect(keys.ok ? 'accepted' : keys.error.code).toBe('bad-answer');
  });

  it('that means to encrypt, and cannot be followed, is never taken for plain', () => {
    const optional: LocalMedia = { ...local, srtp: 'optional' };
    const weak = peer('RTP/AVP', [fingerprint(new Array<string>(20).fill('01').join(':'), 'sha-1'), 'a=setup:active']);
    const result = read(weak, optional);
    expect(result.ok ? 'accepted' : result.error.code).toBe('bad-answer');
  });
});

describe('a later description', () => {
  const first = answered(peer(DTLS, [fingerprint(), 'a=setup:active'])).agreed;

  it.each([
    ['the same', [fingerprint(), 'a=setup:active'], undefined],
    ['the same with the roles open', [fingerprint(), 'a=setup:actpass'], undefined],
    ['a hold', [fingerprint(), 'a=setup:actpass', 'a=sendonly'], undefined],
    ['a hold of old', [fingerprint(), 'a=setup:actpass'], '0.0.0.0 4000'],
  ])('means the same association: %s (RFC 8842 §3.1, §5.3)', (_, attributes, where) => {
    const { agreed, says } = answered(peer(DTLS, attributes, where), following(first));
    expect(agreed.dtls).toMatchObject({ association: 1, role: 'server' });
    expect(says('setup')).toBe('a=setup:passive');
    // After a hold by zeros the peer is where it was.
    const resumed = answered(peer(DTLS, [fingerprint(), 'a=setup:actpass']), following(agreed, following(first)));
    expect(resumed.agreed.dtls?.association).toBe(1);
  });

  it.each([
    ['another certificate', [fingerprint(OTHER), 'a=setup:actpass'], undefined],
    ['another role', [fingerprint(), 'a=setup:passive'], undefined],
    ['another port', [fingerprint(), 'a=setup:actpass'], '198.51.100.7 4002'],
    ['another host', [fingerprint(), 'a=setup:actpass'], '198.51.100.8 4000'],
  ])('means another association: %s', (_, attributes, where) => {
    const { agreed, says } = answered(peer(DTLS, attributes, where), following(first));
    expect(agreed.dtls).toMatchObject({ association: 2, role: 'client' });
    expect(says('setup')).toBe('a=setup:active');
  });

  it('goes by the names where there are some (RFC 8842 §4)', () => {
    const id = 'a=tls-id:abc3de65cddef001be82';
    const named = answered(peer(DTLS, [fingerprint(), 'a=setup:actpass', id])).agreed;
    const moved = answered(peer(DTLS, [fingerprint(), 'a=setup:actpass', id], '198.51.100.8 5000'), following(named));
    expect(moved.agreed.dtls?.association).toBe(1);
    expect(moved.says('tls-id')).toBe(`a=tls-id:${NAME}/1`);
    const renamed = answered(peer(DTLS, [fingerprint(), 'a=setup:actpass', `${id}x`]), following(named));
    expect(renamed.agreed.dtls?.association).toBe(2);
    expect(renamed.says('tls-id')).toBe(`a=tls-id:${NAME}/2`);
  });

  it('of ours is answered for the same association, or for another one', () => {
    const established = { ...following(first), protocol: DTLS };
    expect(agreedBy(peer(DTLS, [fingerprint(), 'a=setup:active']), established).dtls?.association).toBe(1);
    const other = agreedBy(peer(DTLS, [fingerprint(OTHER), 'a=setup:active']), established);
    expect(other.dtls?.association).toBe(2);
    // The offer's name stays (RFC 8842 §5.1, note).
    expect(offered({ ...following(other, established), protocol: DTLS })).toContain(`a=tls-id:${NAME}/1`);
  });

  it('counts on after an association that was given up', () => {
    const given = following(first);
    const plain: LocalMedia = {
      ...given,
      srtp: 'optional',
      dtls: given.dtls && { ...given.dtls, established: undefined },
    };
    const again = answered(peer('RTP/AVP', [fingerprint(), 'a=setup:active']), plain);
    expect(again.agreed.dtls?.association).toBe(2);
  });
});

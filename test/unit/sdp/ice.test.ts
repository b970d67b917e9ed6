// ICE-lite in answers: RFC 8839 §4.2.5, §4.3.2, §4.4, §5; RFC 8445 §5.1.2.1.

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

const FRESH = { ufrag: '8hhY', password: new Secret('asd88fgpdd777uzjYhagZg') };
const FRESHER = { ufrag: '9uB6', password: new Secret('YH75Fviy6338Vbrhrlp8Yh') };

const local: LocalMedia = {
  origin: { sessionId: 1, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['PCMA'],
  telephoneEvent: false,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp: 'off',
  profile: 'avp',
  ice: { fresh: FRESH },
};

const CREDENTIALS = ['a=ice-ufrag:evtj', 'a=ice-pwd:VOkJxbRl1RmTxUk/WvJxBt'];
const CANDIDATE = 'a=candidate:1 1 UDP 2130706431 198.51.100.7 4000 typ host';

function peer(attributes: readonly string[], session: readonly string[] = [], address = '198.51.100.7') {
  const head = ['v=0', 'o=alice 1 1 IN IP4 198.51.100.7', 's=-', `c=IN IP4 ${address}`, 't=0 0', ...session];
  const parsed = parseSdp([...head, 'm=audio 4000 RTP/AVP 8', ...attributes].join('\n'));
  if (!parsed.ok) throw new Error(`${parsed.error.code} in line ${parsed.error.line}`);
  return parsed.value;
}

function answered(offer: SessionDescription, ours: LocalMedia = local) {
  const result = answerOffer(offer, ours);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  const lines = writeSdp(result.value.answer).split('\r\n');
  return { agreed: result.value.agreed, ice: lines.filter((line) => /^a=(ice|candidate)/.test(line)) };
}

const following = ({ ice }: AgreedMedia, fresh = FRESHER): LocalMedia => ({
  ...local,
  ice: { fresh, established: ice },
});

describe('an offer with ICE', () => {
  it('is answered with a candidate for each port, and nothing that we would have to check', () => {
    const { agreed, ice } = answered(peer([...CREDENTIALS, CANDIDATE]));
    expect(ice).toEqual([
      'a=ice-lite',
      'a=ice-options:ice2',
      'a=ice-ufrag:8hhY',
      'a=ice-pwd:asd88fgpdd777uzjYhagZg',
      'a=candidate:1 1 UDP 2130706431 192.0.2.1 16384 typ host',
      'a=candidate:1 2 UDP 2130706430 192.0.2.1 16385 typ host',
    ]);
    expect(agreed.ice?.credentials).toBe(FRESH);
  });

  it('that shares one port gets one candidate', () => {
    const { ice } = answered(peer([...CREDENTIALS, CANDIDATE, 'a=rtcp-mux']));
    expect(ice.filter((line) => line.startsWith('a=candidate'))).toHaveLength(1);
  });

  it('may have its credentials for the whole session', () => {
    expect(answered(peer([CANDIDATE], CREDENTIALS)).agreed.ice?.peer.ufrag).toBe('evtj');
  });

  it('whose default is no candidate is told so, and goes without (§5.3)', () => {
    const elsewhere = 'a=candidate:1 1 UDP 2130706431 198.51.100.7 4002 typ host';
    const { agreed, ice } = answered(peer([...CREDENTIALS, elsewhere]));
    expect(ice).toEqual(['a=ice-mismatch']);
    expect(agreed.ice).toBeUndefined();
  });

  it.each([
    ['no credentials', [CANDIDATE], []],
    ['a short password', ['a=ice-ufrag:evtj', 'a=ice-pwd:short', CANDIDATE], []],
    ['a name of other letters', ['a=ice-ufrag:ev tj', 'a=ice-pwd:VOkJxbRl1RmTxUk/WvJxBt', CANDIDATE], []],
    ['a peer that makes no checks either', [...CREDENTIALS, CANDIDATE], ['a=ice-lite']],
  ])('is answered as one without: %s', (_, attributes, session) => {
    const { agreed, ice } = answered(peer(attributes, session));
    expect(ice).toEqual([]);
    expect(agreed.ice).toBeUndefined();
  });

  it('is answered as one without where its checks could not reach us', () => {
    const behind: LocalMedia = {
      ...local,
      address: '192.168.1.10',
      origin: { ...local.origin, address: '192.168.1.10' },
    };
    expect(answered(peer([...CREDENTIALS, CANDIDATE]), behind).agreed.ice).toBeUndefined();
    const neighbour = 'a=candidate:1 1 UDP 2130706431 10.0.0.7 4000 typ host';
    expect(answered(peer([...CREDENTIALS, neighbour], [], '10.0.0.7'), behind).agreed.ice).toBeDefined();
  });

  it('is no affair of ours where we bring no credentials', () => {
    expect(answered(peer([...CREDENTIALS, CANDIDATE]), { ...local, ice: undefined }).ice).toEqual([]);
  });
});

describe('a later offer with ICE', () => {
  const first = answered(peer([...CREDENTIALS, CANDIDATE])).agreed;

  it('of the same credentials goes on with ours', () => {
    expect(answered(peer([...CREDENTIALS, CANDIDATE]), following(first)).agreed.ice).toBe(first.ice);
  });

  it('of others is a restart, and gets others (RFC 8839 §4.4.1.1.1)', () => {
    const again = answered(peer(['a=ice-ufrag:evtk', 'a=ice-pwd:VOkJxbRl1RmTxUk/WvJxBu', CANDIDATE]), following(first));
    expect(again.agreed.ice?.credentials).toBe(FRESHER);
  });

  it('of ours holds the same credentials and candidates (RFC 8839 §4.4.1.3)', () => {
    const ours = following(first);
    const offer = createOffer(ours);
    const text = writeSdp(offer);
    expect(text).toContain('a=ice-lite\r\n');
    expect(text).toContain('a=ice-ufrag:8hhY\r\n');
    expect(text).toContain('a=candidate:1 1 UDP 2130706431 192.0.2.1 16384 typ host\r\n');
    const goesOn = readAnswer(offer, peer([...CREDENTIALS, CANDIDATE]), ours);
    expect(goesOn.ok && goesOn.value.ice).toEqual(first.ice);
    const without = readAnswer(offer, peer([]), ours);
    expect(without.ok && without.value.ice).toBeUndefined();
  });

  it('is never our first (offering ICE is for those who check)', () => {
    expect(writeSdp(createOffer(local))).not.toMatch(/a=(ice|candidate)/);
  });
});

// Whatever a peer sends for a description is read or refused: it never throws, never takes long; what is accepted can be
// answered, and the answer is good.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { millis } from '../../src/base/units.ts';
import { answerOffer, createOffer, type LocalMedia, parseSdp, readAnswer, writeSdp } from '../../src/sdp/index.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fuzz, fuzzSeconds, mutate } from './mutations.ts';

const local = (srtp: LocalMedia['srtp']): LocalMedia => ({
  origin: { sessionId: 1, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['PCMA', 'PCMU'],
  telephoneEvent: true,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp,
  profile: 'avp',
  crypto: [
    { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret('WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz') },
    { tag: 2, suite: 'AEAD_AES_128_GCM', key: new Secret('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==') },
  ],
  dtls: {
    fingerprint: { hash: 'sha-256', value: new Uint8Array(32) },
    name: 'abcdefghijklmnopqrst',
    associations: 0,
  },
  ice: { fresh: { ufrag: '8hhY', password: new Secret('asd88fgpdd777uzjYhagZg') } },
});
const policies: readonly LocalMedia[] = [
  local('off'),
  local('optional'),
  local('required'),
  { ...local('optional'), keying: ['dtls', 'sdes'] },
  { ...local('required'), keying: ['dtls'] },
];

const session = 'v=0\r\no=alice 2890844526 2890844526 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n';
const corpus = [
  'm=audio 49170 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n',
  'm=audio 49170 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20\r\na=rtcp:53020\r\n',
  'm=video 51372 RTP/AVP 31\r\nm=audio 49170 RTP/AVP 97 8\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:97 PCMU/8000\r\na=maxptime:40\r\na=inactive\r\n',
  `m=audio 49170 UDP/TLS/RTP/SAVP 8\r\na=setup:actpass\r\na=tls-id:abc3de65cddef001be82\r\na=fingerprint:sha-256 ${'0A:'.repeat(31)}0B\r\na=rtcp-mux\r\n`,
  'm=audio 49170 RTP/AVP 8\r\na=ice-ufrag:evtj\r\na=ice-pwd:VOkJxbRl1RmTxUk/WvJxBt\r\na=candidate:1 1 UDP 2130706431 198.51.100.7 49170 typ host\r\n',
  'b=AS:64\r\na=recvonly\r\nm=audio 0 RTP/AVP 8\r\nk=prompt\r\n',
].map((media) => Buffer.from(session + media));

const timeout = 60_000 + fuzzSeconds * 2000;

function check(bytes: Buffer): boolean {
  const parsed = parseSdp(bytes);
  if (!parsed.ok) return false;
  expect(parseSdp(writeSdp(parsed.value)).ok).toBe(true);
  for (const ours of policies) {
    readAnswer(createOffer(ours), parsed.value, ours);
    const result = answerOffer(parsed.value, ours);
    if (!result.ok) continue;
    const { answer, agreed } = result.value;
    expect(answer.media).toHaveLength(parsed.value.media.length);
    expect(answer.media.filter(({ port }) => port !== 0)).toHaveLength(1);
    expect(agreed.encrypted || ours.srtp !== 'required').toBe(true);
    expect(agreed.packetTime % 10).toBe(0);
    expect(agreed.remotePort).toBeGreaterThan(0);
    expect(agreed.remoteRtcpPort).toBeLessThanOrEqual(65_535);
  }
  return true;
}

describe('parseSdp', () => {
  it(
    'refuses random octets',
    () => {
      const random = new SeededRandom(4);
      fuzz(() => {
        expect(check(random.bytes(Math.floor(random.uniform() * 300)))).toBe(false);
      });
    },
    timeout,
  );

  it(
    'survives mutated descriptions, and answers them by the rules',
    () => {
      const random = new SeededRandom(5);
      let accepted = 0;
      const rounds = fuzz(() => {
        if (check(mutate(corpus, random))) accepted += 1;
      });
      expect(accepted).toBeGreaterThan(rounds / 20);
      expect(accepted).toBeLessThan(rounds);
    },
    timeout,
  );

  const repeated = (part: string): string => part.repeat(Math.floor(64_000 / part.length));
  it.each([
    ['payload types', `m=audio 4000 RTP/AVP ${repeated('96 ')}`],
    ['attributes', `m=audio 4000 RTP/AVP 96\r\n${repeated('a=x\r\n')}`],
    ['maps', `m=audio 4000 RTP/AVP ${repeated('9 ').slice(0, 40_000)}\r\n${'a=rtpmap:96 x/8000\r\n'.repeat(900)}`],
    ['white space', `a=x:${repeated(' ')}x`],
    ['white space behind an attribute', `a=${repeated(' ')}x`],
    ['a fingerprint', `m=audio 4000 RTP/SAVP 8\r\na=fingerprint:sha-256 ${repeated('0A:')}`],
    ['fingerprints', `m=audio 4000 RTP/SAVP 8\r\n${'a=fingerprint:sha-256 0A:0B\r\n'.repeat(900)}`],
    ['a candidate', `m=audio 4000 RTP/AVP 8\r\na=ice-ufrag:evtj\r\na=candidate:${repeated('1 ')}`],
    ['a crypto line', `m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${repeated('|')}`],
    [
      'parameters',
      `m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)} ${repeated('-x ')}`,
    ],
    ['line feeds', repeated('\n')],
    ['media', repeated('m=audio 0 RTP/AVP 8\r\n')],
  ])('takes bounded time over 64 kB of %s', (_, text) => {
    const start = process.hrtime.bigint();
    check(Buffer.from(session + text).subarray(0, 65_535));
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1000);
  });
});

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import {
  type AgreedMedia,
  answerOffer,
  createOffer,
  type LocalMedia,
  parseSdp,
  type Refusal,
  readAnswer,
  reviseDescription,
  type SessionDescription,
  writeSdp,
} from '../../../src/sdp/index.ts';

const OUR_KEY = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const THEIR_KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';

const local: LocalMedia = {
  origin: { sessionId: 4711, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['PCMA', 'PCMU'],
  telephoneEvent: true,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp: 'off',
  profile: 'avp',
};

const secure = (srtp: 'optional' | 'required', more: Partial<LocalMedia> = {}): LocalMedia => ({
  ...local,
  srtp,
  crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(OUR_KEY) }],
  ...more,
});

function parse(...lines: readonly string[]): SessionDescription {
  const parsed = parseSdp(lines.join('\n'));
  if (!parsed.ok) throw new Error(`${parsed.error.code} in line ${parsed.error.line}`);
  return parsed.value;
}

/** What the peer says: the session lines around some media lines. */
const peer = (...media: readonly string[]): SessionDescription =>
  parse('v=0', 'o=alice 2890844526 2890844526 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0', ...media);

function answered(offer: SessionDescription, ours: LocalMedia = local) {
  const result = answerOffer(offer, ours);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return { ...result.value, text: writeSdp(result.value.answer).split('\r\n') };
}

function refused(offer: SessionDescription, ours: LocalMedia = local): Refusal['code'] | 'accepted' {
  const result = answerOffer(offer, ours);
  return result.ok ? 'accepted' : result.error.code;
}

const mediaOf = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('m='));

describe('createOffer', () => {
  it('offers the codecs in our order, digits, packet time and direction (RFC 3264 §5.1)', () => {
    expect(writeSdp(createOffer(local)).split('\r\n')).toEqual([
      'v=0',
      'o=- 4711 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 16384 RTP/AVP 8 0 13 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=rtcp-mux',
      'a=rtcp-xr:voip-metrics',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ]);
  });

  it('leaves digits out where they are not wanted', () => {
    const text = writeSdp(createOffer({ ...local, telephoneEvent: false, codecs: ['PCMU'] }));
    expect(text).toContain('m=audio 16384 RTP/AVP 0 13\r\n');
    expect(text).not.toContain('telephone-event');
  });

  it('says IP6 for an IPv6 address (RFC 8866 §5.7)', () => {
    const address = '2001:db8::1';
    const text = writeSdp(createOffer({ ...local, address, origin: { ...local.origin, address } }));
    expect(text).toContain('o=- 4711 1 IN IP6 2001:db8::1\r\n');
    expect(text).toContain('c=IN IP6 2001:db8::1\r\n');
  });

  it.each([
    ['required', 'RTP/SAVP'],
    ['optional', 'RTP/AVP'], // RFC 8643 §3.1
  ] as const)('offers SRTP that is %s as %s with a key', (srtp, profile) => {
    const text = writeSdp(createOffer(secure(srtp)));
    expect(text).toContain(`m=audio 16384 ${profile} 8 0 13 101\r\n`);
    expect(text).toContain(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${OUR_KEY}\r\n`);
  });

  it('throws where SRTP is to be offered without a key', () => {
    expect(() => createOffer({ ...local, srtp: 'optional' })).toThrow('key');
  });
});

describe('answerOffer: RFC 3264 §10 and RFC 4317, host names replaced by addresses', () => {
  it('RFC 3264 §10.1: audio taken, both video lines refused in their places', () => {
    const { agreed, text } = answered(
      peer(
        'm=audio 49170 RTP/AVP 0',
        'a=rtpmap:0 PCMU/8000',
        'm=video 51372 RTP/AVP 31',
        'a=rtpmap:31 H261/90000',
        'm=video 53000 RTP/AVP 32',
        'a=rtpmap:32 MPV/90000',
      ),
    );
    expect(mediaOf(text)).toEqual(['m=audio 16384 RTP/AVP 0', 'm=video 0 RTP/AVP 31', 'm=video 0 RTP/AVP 32']);
    expect(agreed).toEqual<AgreedMedia>({
      local: { address: local.address, port: local.port },
      remoteAddress: '198.51.100.7',
      remotePort: 49170,
      remoteRtcpAddress: '198.51.100.7',
      remoteRtcpPort: 49171,
      protocol: 'RTP/AVP',
      codec: 'PCMU',
      payloadType: 0,
      eventPayloadType: undefined,
      localEventPayloadType: undefined,
      packetTime: millis(20),
      direction: 'sendrecv',
      suite: undefined,
      sendKey: undefined,
      receiveKey: undefined,
      dtls: undefined,
      ice: undefined,
      voipMetrics: false,
      encrypted: false,
    });
  });

  it('RFC 3264 §10.1, the second offer: a second audio line is refused', () => {
    const { text } = answered(
      peer(
        'm=audio 65422 RTP/AVP 0',
        'a=rtpmap:0 PCMU/8000',
        'm=video 0 RTP/AVP 31',
        'm=video 53000 RTP/AVP 32',
        'a=rtpmap:32 MPV/90000',
        'm=audio 51434 RTP/AVP 110',
        'a=rtpmap:110 telephone-events/8000',
        'a=recvonly',
      ),
    );
    expect(mediaOf(text)).toEqual([
      'm=audio 16384 RTP/AVP 0',
      'm=video 0 RTP/AVP 31',
      'm=video 0 RTP/AVP 32',
      'm=audio 0 RTP/AVP 110',
    ]);
  });

  it('RFC 3264 §10.2: one of three codecs, inactive, then locked down', () => {
    const first = answered(
      peer(
        'm=audio 62986 RTP/AVP 0 4 18',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:4 G723/8000',
        'a=rtpmap:18 G729/8000',
        'a=inactive',
      ),
    );
    expect(mediaOf(first.text)).toEqual(['m=audio 16384 RTP/AVP 0']);
    expect(first.agreed.direction).toBe('inactive');
    expect(first.text).toContain('a=inactive');
    expect(refused(peer('m=audio 62986 RTP/AVP 4', 'a=rtpmap:4 G723/8000', 'a=sendrecv'))).toBe('no-common-codec');
  });

  it('RFC 4317 §2.2: the first of the offerer that we have', () => {
    const offer = peer(
      'm=audio 49170 RTP/AVP 0 8 97',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:97 iLBC/8000',
      'm=video 51372 RTP/AVP 31 32',
      'a=rtpmap:31 H261/90000',
      'a=rtpmap:32 MPV/90000',
    );
    expect(answered(offer).agreed.codec).toBe('PCMU');
    expect(answered(offer, { ...local, codecs: ['PCMA'] }).agreed).toMatchObject({ codec: 'PCMA', payloadType: 8 });
  });

  it('RFC 4317 §4.1: neither a codec that we lack nor digits alone make an audio stream', () => {
    const offer = peer(
      'm=audio 49170 RTP/AVP 97',
      'a=rtpmap:97 iLBC/8000',
      'm=audio 48282 RTP/AVP 98',
      'c=IN IP4 203.0.113.5',
      'a=rtpmap:98 telephone-event/8000',
      'a=recvonly',
    );
    expect(refused(offer)).toBe('no-common-codec');
  });

  it('takes the second audio line where the first cannot be taken', () => {
    const { agreed, text } = answered(
      peer('m=audio 49170 RTP/AVP 97', 'a=rtpmap:97 iLBC/8000', 'm=audio 49180 RTP/AVP 8', 'c=IN IP4 203.0.113.5'),
    );
    expect(mediaOf(text)).toEqual(['m=audio 0 RTP/AVP 97', 'm=audio 16384 RTP/AVP 8']);
    expect(agreed).toMatchObject({ remoteAddress: '203.0.113.5', remotePort: 49180 });
  });
});

describe('answerOffer', () => {
  it('answers with the times of the offer (RFC 3264 §6) and our own origin', () => {
    const { text } = answered(
      parse(
        'v=0',
        'o=a 1 1 IN IP4 198.51.100.7',
        's=-',
        'c=IN IP4 198.51.100.7',
        't=2873397496 2873404696',
        'm=audio 4000 RTP/AVP 8',
      ),
    );
    expect(text).toContain('t=2873397496 2873404696');
    expect(text).toContain('o=- 4711 1 IN IP4 192.0.2.1');
  });

  it('uses the payload types of the offer (RFC 3264 §6.1)', () => {
    const { agreed, text } = answered(
      peer(
        'm=audio 4000 RTP/AVP 97 96 8',
        'a=rtpmap:96 telephone-event/8000',
        'a=rtpmap:97 pcmu/8000/1',
        'a=fmtp:96 0-15',
      ),
    );
    expect(agreed).toMatchObject({ codec: 'PCMU', payloadType: 97, eventPayloadType: 96 });
    expect(text).toContain('m=audio 16384 RTP/AVP 97 96');
    expect(text).toContain('a=rtpmap:97 PCMU/8000');
    expect(text).toContain('a=fmtp:96 0-16');
  });

  it('is not taken in by a payload type that is mapped to something else', () => {
    expect(refused(peer('m=audio 4000 RTP/AVP 96 0', 'a=rtpmap:96 PCMA/16000', 'a=rtpmap:0 opus/48000/2'))).toBe(
      'no-common-codec',
    );
    expect(refused(peer('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMA/8000/2'))).toBe('no-common-codec');
  });

  it('takes digits of 8 kHz only, and none where we do not want them', () => {
    const offer = peer(
      'm=audio 4000 RTP/AVP 8 110 101',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    );
    expect(answered(offer).agreed.eventPayloadType).toBe(101);
    expect(answered(offer, { ...local, telephoneEvent: false }).agreed.eventPayloadType).toBeUndefined();
    expect(answered(peer('m=audio 4000 RTP/AVP 8', 'a=rtpmap:101 telephone-event/8000')).agreed.eventPayloadType).toBe(
      undefined,
    );
  });

  it.each([
    ['a=sendonly', 'recvonly'],
    ['a=recvonly', 'sendonly'],
    ['a=inactive', 'inactive'],
    ['a=sendrecv', 'sendrecv'],
    ['a=x', 'sendrecv'],
  ])('answers %s with %s (RFC 3264 §6.1)', (line, direction) => {
    const { agreed, text } = answered(peer('m=audio 4000 RTP/AVP 8', line));
    expect(agreed.direction).toBe(direction);
    expect(text).toContain(`a=${direction}`);
  });

  it('takes the direction of the session where the line has none', () => {
    expect(answered(peer('a=sendonly', 'm=audio 4000 RTP/AVP 8')).agreed.direction).toBe('recvonly');
    expect(answered(peer('a=sendonly', 'm=audio 4000 RTP/AVP 8', 'a=sendrecv')).agreed.direction).toBe('sendrecv');
  });

  it('wants no more than we want', () => {
    const held: LocalMedia = { ...local, direction: 'sendonly' };
    expect(answered(peer('m=audio 4000 RTP/AVP 8'), held).agreed.direction).toBe('sendonly');
    expect(answered(peer('m=audio 4000 RTP/AVP 8', 'a=sendonly'), held).agreed.direction).toBe('inactive');
  });

  it.each([
    ['c=IN IP4 0.0.0.0', local],
    ['c=IN IP6 ::', { ...local, address: '2001:db8::1' }],
  ])('sends nothing to %s, the old way to hold (RFC 3264 §8.4)', (line, ours) => {
    expect(answered(peer('m=audio 4000 RTP/AVP 8', line), ours).agreed.direction).toBe('recvonly');
    expect(answered(peer('m=audio 4000 RTP/AVP 8', line, 'a=recvonly'), ours).agreed.direction).toBe('inactive');
  });

  it.each([
    [[], 20],
    [['a=ptime:30'], 30],
    [['a=ptime:5'], 10],
    [['a=ptime:25'], 20],
    [['a=ptime:200'], 60],
    [['a=maxptime:10'], 10],
    [['a=ptime:60', 'a=maxptime:40'], 40],
    [['a=ptime:soon'], 20],
    [['a=ptime:0'], 20],
  ])('sends packets of %j: %i ms', (lines, packetTime) => {
    expect(answered(peer('m=audio 4000 RTP/AVP 8', ...lines)).agreed.packetTime).toBe(packetTime);
  });

  it.each([
    ['a=rtcp:5001', 5001],
    ['a=rtcp:5001 IN IP4 203.0.113.9', 5001],
    ['a=rtcp:0', 4001],
    ['a=rtcp:99999', 4001],
    ['a=x', 4001],
  ])('sends RTCP as %s says (RFC 3605): %i', (line, port) => {
    expect(answered(peer('m=audio 4000 RTP/AVP 8', line)).agreed.remoteRtcpPort).toBe(port);
  });

  it.each([
    ['no media', peer(), 'no-audio'],
    ['video only', peer('m=video 4000 RTP/AVP 31'), 'no-audio'],
    ['audio that is switched off', peer('m=audio 0 RTP/AVP 8'), 'no-audio'],
    ['an unknown profile', peer('m=audio 4000 TCP/RTP/AVP 8'), 'no-audio'],
    ['a codec that we lack', peer('m=audio 4000 RTP/AVP 18'), 'no-common-codec'],
    ['a name for an address', peer('m=audio 4000 RTP/AVP 8', 'c=IN IP4 host.example.com'), 'unreachable'],
    ['a multicast group', peer('m=audio 4000 RTP/AVP 8', 'c=IN IP4 233.252.0.1/127'), 'unreachable'],
    ['another family', peer('m=audio 4000 RTP/AVP 8', 'c=IN IP6 2001:db8::7'), 'unreachable'],
    ['no address', parse('v=0', 'o=- 1 1 IN IP4 198.51.100.7', 'm=audio 4000 RTP/AVP 8'), 'unreachable'],
  ])('refuses %s', (_, offer, code) => {
    expect(refused(offer)).toBe(code);
  });

  it.each(['RTP/AVP', 'RTP/AVPF'])('answers the profile %s by itself (RFC 3264 §6)', (profile) => {
    expect(mediaOf(answered(peer(`m=audio 4000 ${profile} 8`)).text)).toEqual([`m=audio 16384 ${profile} 8`]);
  });
});

describe('answerOffer with SRTP (RFC 4568)', () => {
  const line = (rest: string): string => `a=crypto:${rest}`;
  const good = line(`1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`);
  const savp = (...lines: readonly string[]) => peer('m=audio 4000 RTP/SAVP 8', ...lines);

  it('answers the first line that can be used, under its tag, with our key (§5.1.2)', () => {
    const { agreed, text } = answered(
      savp(
        line(`1 AES_CM_256_HMAC_SHA1_80 inline:${'A'.repeat(62)}==`),
        line(`2 AES_CM_128_HMAC_SHA1_32 inline:${THEIR_KEY}`),
        line(`73 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|2^20`),
        line('4 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj'),
      ),
      secure('optional'),
    );
    expect(mediaOf(text)).toEqual(['m=audio 16384 RTP/SAVP 8']);
    expect(text.filter((each) => each.startsWith('a=crypto'))).toEqual([
      `a=crypto:73 AES_CM_128_HMAC_SHA1_80 inline:${OUR_KEY}`,
    ]);
    expect(agreed.encrypted).toBe(true);
    expect(agreed.receiveKey?.reveal()).toBe(THEIR_KEY);
    expect(agreed.sendKey?.reveal()).toBe(OUR_KEY);
  });

  it.each([
    ['another suite', `1 AES_CM_128_HMAC_SHA1_32 inline:${THEIR_KEY}`],
    ['a key that is too short', '1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVB'],
    ['a key that is no base64', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY.slice(1)}!`],
    ['another key method', `1 AES_CM_128_HMAC_SHA1_80 uri:${THEIR_KEY}`],
    ['our own key among others', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|1:4;inline:${OUR_KEY}|2:4`],
    ['a lifetime of zero', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|0`],
    ['a lifetime beyond 2^48', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}|2^49`],
    ['two keys', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY};inline:${THEIR_KEY}`],
    ['a parameter that changes packets', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY} UNENCRYPTED_SRTCP`],
    ['a parameter that must be understood', `1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY} NEW=1`],
    ['a tag that is no number', `x AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`],
    ['our own key', `1 AES_CM_128_HMAC_SHA1_80 inline:${OUR_KEY}`],
    ['nothing', ''],
  ])('refuses RTP/SAVP when its one line has %s (§5.1.2)', (_, value) => {
    expect(refused(savp(line(value)), secure('optional'))).toBe('encryption-refused');
    expect(refused(savp(line(value)), secure('required'))).toBe('encryption-required');
  });

  it('RFC 4568 §7.1.5: takes a line with an MKI, which our own packets need not have', () => {
    const offer = savp(
      line('1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP'),
      line(
        '2 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP',
      ),
    );
    const { agreed, text } = answered(
      offer,
      secure('required', { crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(THEIR_KEY) }] }),
    );
    expect(text).toContain(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${THEIR_KEY}`);
    expect(agreed.receiveKeys?.map(({ mki, key }) => [[...mki], key.reveal()])).toEqual([
      [[0, 0, 0, 1], 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'],
    ]);
  });

  it('takes a window hint and what may be passed over (§6.3.7, §6.3.8)', () => {
    const offer = savp(line(`1 aes_cm_128_hmac_sha1_80 inline:${THEIR_KEY}|2^31 WSH=128 -NEW=1`));
    expect(answered(offer, secure('required')).agreed.encrypted).toBe(true);
  });

  it('refuses RTP/SAVP where SRTP is off', () => {
    expect(refused(savp(good))).toBe('encryption-refused');
  });

  it.each(['RTP/SAVP', 'RTP/SAVPF'])('answers the profile %s by itself', (profile) => {
    const { text } = answered(peer(`m=audio 4000 ${profile} 8`, good), secure('optional'));
    expect(mediaOf(text)).toEqual([`m=audio 16384 ${profile} 8`]);
  });

  it('takes keys in RTP/AVP (RFC 8643), unless SRTP is off', () => {
    const offer = peer('m=audio 4000 RTP/AVP 8', good);
    for (const srtp of ['optional', 'required'] as const) {
      const { agreed, text } = answered(offer, secure(srtp));
      expect(agreed.encrypted).toBe(true);
      expect(mediaOf(text)).toEqual(['m=audio 16384 RTP/AVP 8']);
    }
    const plain = answered(offer);
    expect(plain.agreed.encrypted).toBe(false);
    expect(plain.text.join()).not.toContain('crypto');
  });

  it('goes plain without keys, unless they are required', () => {
    const offer = peer('m=audio 4000 RTP/AVP 8');
    expect(answered(offer, secure('optional')).agreed).toMatchObject({ encrypted: false, sendKey: undefined });
    expect(refused(offer, secure('required'))).toBe('encryption-required');
  });

  it('shows no key when the agreement is printed', () => {
    const { agreed } = answered(savp(good), secure('required'));
    expect(JSON.stringify(agreed)).not.toMatch(/PS1u|WVNf/);
  });
});

describe('readAnswer', () => {
  function read(ours: LocalMedia, ...media: readonly string[]): AgreedMedia {
    const result = readAnswer(createOffer(ours), peer(...media), ours);
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  }
  function wrong(ours: LocalMedia, ...media: readonly string[]): string {
    const result = readAnswer(createOffer(ours), peer(...media), ours);
    return result.ok ? 'accepted' : result.error.code;
  }

  it('reads codec, digits, ports, direction', () => {
    const agreed = read(
      local,
      'm=audio 49172 RTP/AVP 0 96',
      'a=rtpmap:96 telephone-event/8000',
      'a=sendonly',
      'a=ptime:30',
      'a=rtcp:53020',
    );
    expect(agreed).toMatchObject({
      remoteAddress: '198.51.100.7',
      remotePort: 49172,
      remoteRtcpPort: 53020,
      codec: 'PCMU',
      payloadType: 0,
      eventPayloadType: 96,
      packetTime: 30,
      direction: 'recvonly',
      encrypted: false,
    });
  });

  it.each([
    ['the line switched off', ['m=audio 0 RTP/AVP 8'], 'refused'],
    ['a codec that was not offered', ['m=audio 4000 RTP/AVP 18'], 'no-common-codec'],
    ['a line too many', ['m=audio 4000 RTP/AVP 8', 'm=video 0 RTP/AVP 31'], 'bad-answer'],
    ['no line', [], 'bad-answer'],
    ['another medium', ['m=video 4000 RTP/AVP 8'], 'bad-answer'],
    ['another profile', ['m=audio 4000 UDP/TLS/RTP/SAVP 8'], 'bad-answer'],
    ['SRTP, which was not offered', ['m=audio 4000 RTP/SAVP 8'], 'bad-answer'],
    ['a name for an address', ['m=audio 4000 RTP/AVP 8', 'c=IN IP4 host.example.com'], 'unreachable'],
  ])('refuses %s', (_, media, code) => {
    expect(wrong(local, ...media)).toBe(code);
  });

  it('takes no codec that we left out of the offer', () => {
    expect(wrong({ ...local, codecs: ['PCMA'] }, 'm=audio 4000 RTP/AVP 0')).toBe('no-common-codec');
  });

  const key = (tag: number, value = THEIR_KEY): string => `a=crypto:${tag} AES_CM_128_HMAC_SHA1_80 inline:${value}`;

  it('reads the key under our tag', () => {
    const agreed = read(secure('required'), 'm=audio 4000 RTP/SAVP 8', key(1));
    expect(agreed.encrypted).toBe(true);
    expect(agreed.receiveKey?.reveal()).toBe(THEIR_KEY);
    expect(agreed.sendKey?.reveal()).toBe(OUR_KEY);
  });

  it.each([
    ['required', 'RTP/SAVP', [key(2)], 'encryption-required'],
    ['required', 'RTP/SAVP', [], 'encryption-required'],
    ['required', 'RTP/AVP', [key(1)], 'encryption-required'],
    ['required', 'RTP/SAVP', [key(1, OUR_KEY)], 'encryption-required'],
    ['optional', 'RTP/AVP', [key(2)], 'bad-answer'],
    ['optional', 'RTP/SAVP', [], 'bad-answer'],
    ['optional', 'RTP/AVP', [key(1)], 'accepted'],
    ['optional', 'RTP/SAVP', [key(1)], 'accepted'],
  ] as const)('SRTP %s, answered as %s with %j: %s', (srtp, profile, lines, outcome) => {
    expect(wrong(secure(srtp), `m=audio 4000 ${profile} 8`, ...lines)).toBe(outcome);
  });

  it('goes plain when an optional key is not answered (RFC 8643 §3.2)', () => {
    const agreed = read(secure('optional'), 'm=audio 4000 RTP/AVP 8');
    expect(agreed).toMatchObject({ encrypted: false, sendKey: undefined, receiveKey: undefined });
  });

  it('agrees with the answer that we would give ourselves', () => {
    const alice = secure('required');
    const bob = secure('required', {
      address: '192.0.2.2',
      port: 4000,
      crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(THEIR_KEY) }],
    });
    const offer = createOffer(alice);
    const { answer, agreed } = answered(offer, bob);
    const ours = readAnswer(offer, answer, alice);
    expect(ours.ok && ours.value).toMatchObject({ codec: agreed.codec, remoteAddress: '192.0.2.2', remotePort: 4000 });
    expect(ours.ok && ours.value.sendKey?.reveal()).toBe(agreed.receiveKey?.reveal());
    expect(ours.ok && ours.value.receiveKey?.reveal()).toBe(agreed.sendKey?.reveal());
  });
});

describe('reviseDescription (RFC 3264 §8)', () => {
  it('grows the version by one where anything differs', () => {
    const first = createOffer(local);
    const second = reviseDescription(first, createOffer({ ...local, direction: 'sendonly' }));
    expect(second.origin).toEqual({ ...first.origin, sessionVersion: '2' });
    const third = reviseDescription(second, createOffer(local));
    expect(third.origin.sessionVersion).toBe('3');
  });

  it('leaves it where nothing does, whatever version was put in', () => {
    const first = createOffer(local);
    const again = reviseDescription(first, createOffer({ ...local, origin: { ...local.origin, version: 9 } }));
    expect(writeSdp(again)).toBe(writeSdp(first));
  });

  it('counts beyond what a number holds', () => {
    const previous = {
      ...createOffer(local),
      origin: { ...createOffer(local).origin, sessionVersion: '18446744073709551614' },
    };
    const next = reviseDescription(previous, createOffer({ ...local, direction: 'inactive' }));
    expect(next.origin.sessionVersion).toBe('18446744073709551615');
  });
});

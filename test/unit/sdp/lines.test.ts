// The lines of a description beside codecs and keys: RTCP's place, profiles, lines that are not ours, hold.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import {
  answerOffer,
  answerSwitchedOff,
  createOffer,
  type LocalMedia,
  type MappedPlace,
  parseSdp,
  readAnswer,
  type SessionDescription,
  writeSdp,
} from '../../../src/sdp/index.ts';

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

function parse(...lines: readonly string[]): SessionDescription {
  const parsed = parseSdp(lines.join('\n'));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const HEAD = ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0'];
const peer = (...media: readonly string[]): SessionDescription => parse(...HEAD, ...media);

function answered(offer: SessionDescription, ours = local) {
  const result = answerOffer(offer, ours);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return { ...result.value, lines: writeSdp(result.value.answer).split('\r\n') };
}

function read(...media: readonly string[]) {
  const result = readAnswer(createOffer(local), peer(...media), local);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

describe('VoIP metrics (RFC 3611 §5)', () => {
  const asked = 'a=rtcp-xr:stat-summary=loss,jitt voip-metrics';

  it('are asked for in our offers, and sent where the answer asks for them', () => {
    expect(writeSdp(createOffer(local))).toContain('a=rtcp-xr:voip-metrics\r\n');
    expect(read('m=audio 4000 RTP/AVP 8', asked)).toMatchObject({ voipMetrics: true });
    expect(read('m=audio 4000 RTP/AVP 8', 'a=rtcp-xr:rcvr-rtt=all')).toMatchObject({ voipMetrics: false });
    expect(read('m=audio 4000 RTP/AVP 8')).toMatchObject({ voipMetrics: false });
  });

  it('are sent and asked for where an offer asks for them', () => {
    const { agreed, lines } = answered(peer('m=audio 4000 RTP/AVP 8', asked));
    expect(agreed.voipMetrics).toBe(true);
    expect(lines).toContain('a=rtcp-xr:voip-metrics');
  });

  it('are not mentioned to a peer that does not know of them, and declined where others are wanted (§5.2)', () => {
    expect(answered(peer('m=audio 4000 RTP/AVP 8')).lines.join()).not.toContain('rtcp-xr');
    const others = answered(peer('m=audio 4000 RTP/AVP 8', 'a=rtcp-xr:pkt-loss-rle'));
    expect(others.agreed.voipMetrics).toBe(false);
    expect(others.lines).toContain('a=rtcp-xr:');
  });

  it('stand above the lines too, where the line says nothing else (§5.1)', () => {
    const above = [...HEAD, 'a=rtcp-xr:voip-metrics', 'm=audio 4000 RTP/AVP 8'];
    expect(answered(parse(...above)).agreed.voipMetrics).toBe(true);
    expect(answered(parse(...above, 'a=rtcp-xr:')).agreed.voipMetrics).toBe(false);
  });
});

describe('one port for RTP and RTCP (RFC 5761)', () => {
  it('is offered, and used where the answer has it too', () => {
    expect(writeSdp(createOffer(local))).toContain('a=rtcp-mux\r\n');
    const shared = read('m=audio 4000 RTP/AVP 8', 'a=rtcp:4001', 'a=rtcp-mux');
    expect(shared).toMatchObject({ remotePort: 4000, remoteRtcpPort: 4000, remoteRtcpAddress: '198.51.100.7' });
    expect(read('m=audio 4000 RTP/AVP 8')).toMatchObject({ remoteRtcpPort: 4001 });
  });

  it('is answered where it is offered, and not else (§5.1.1)', () => {
    const shared = answered(peer('m=audio 4000 RTP/AVP 8', 'a=rtcp:4009', 'a=rtcp-mux'));
    expect(shared.lines).toContain('a=rtcp-mux');
    expect(shared.agreed.remoteRtcpPort).toBe(4000);
    const apart = answered(peer('m=audio 4000 RTP/AVP 8', 'a=rtcp:4009'));
    expect(apart.lines).not.toContain('a=rtcp-mux');
    expect(apart.agreed.remoteRtcpPort).toBe(4009);
  });

  it.each([64, 72, 95])('is declined for payload type %i, which could be taken for RTCP (§4)', (type) => {
    const line = `m=audio 4000 RTP/AVP ${type}`;
    const sound = answered(peer(line, `a=rtpmap:${type} PCMA/8000`, 'a=rtcp-mux'));
    expect(sound.lines).not.toContain('a=rtcp-mux');
    expect(sound.agreed.remoteRtcpPort).toBe(4001);
    const event = answered(
      peer(`m=audio 4000 RTP/AVP 8 ${type}`, `a=rtpmap:${type} telephone-event/8000`, 'a=rtcp-mux'),
    );
    expect(event.lines).not.toContain('a=rtcp-mux');
  });

  it.each([63, 96])('is fine with payload type %i', (type) => {
    const offer = peer(`m=audio 4000 RTP/AVP ${type}`, `a=rtpmap:${type} PCMA/8000`, 'a=rtcp-mux');
    expect(answered(offer).agreed.remoteRtcpPort).toBe(4000);
  });
});

describe('a=rtcp (RFC 3605)', () => {
  it.each([
    ['53020', '198.51.100.7', 53020],
    ['53020 IN IP4 203.0.113.9', '203.0.113.9', 53020],
    ['53020 IN IP4 203.0.113.9 ', '203.0.113.9', 53020],
    // What cannot be used is passed over: RTCP has its usual place.
    ['53020 IN IP6 2001:db8::9', '198.51.100.7', 4001],
    ['53020 IN IP4 rtcp.example.com', '198.51.100.7', 4001],
    ['53020 IN IP4', '198.51.100.7', 4001],
    ['53020 IN IP4 203.0.113.9 more', '198.51.100.7', 4001],
    ['0', '198.51.100.7', 4001],
    ['65536', '198.51.100.7', 4001],
    ['-1', '198.51.100.7', 4001],
    ['x', '198.51.100.7', 4001],
    ['', '198.51.100.7', 4001],
  ])('%j sends RTCP to %s, port %i', (value, address, port) => {
    const offer = peer('m=audio 4000 RTP/AVP 8', `a=rtcp:${value}`);
    expect(answered(offer).agreed).toMatchObject({ remoteRtcpAddress: address, remoteRtcpPort: port });
  });
});

describe('ports that a NAT shows at another place', () => {
  const mapped = (rtcp: MappedPlace['rtcp']): LocalMedia => ({
    ...local,
    address: '192.168.7.2',
    mapped: { rtp: { address: '203.0.113.7', port: 40_000 }, rtcp },
  });
  const of = (ours: LocalMedia): readonly string[] => writeSdp(createOffer(ours)).split('\r\n');

  it('are offered as they are seen', () => {
    const lines = of(mapped({ address: '203.0.113.7', port: 40_001 }));
    expect(lines).toContain('c=IN IP4 203.0.113.7');
    expect(lines).toContain('m=audio 40000 RTP/AVP 8 0 13 101');
    expect(lines.filter((line) => line.startsWith('a=rtcp:'))).toEqual([]);
    expect(lines.join('\n')).not.toContain('192.168.7.2');
  });

  it.each([
    [{ address: '203.0.113.7', port: 51_234 }, 'a=rtcp:51234'],
    [{ address: '203.0.113.8', port: 40_001 }, 'a=rtcp:40001 IN IP4 203.0.113.8'],
    [undefined, undefined],
  ])('say where RTCP is if not at the next port (RFC 3605 §2.1): %o', (rtcp, line) => {
    expect(of(mapped(rtcp)).find((one) => one.startsWith('a=rtcp:'))).toBe(line);
  });

  it('are answered with; RTCP’s where it has a port of its own', () => {
    const ours = mapped({ address: '203.0.113.7', port: 51_234 });
    const own = answered(peer('m=audio 4000 RTP/AVP 8'), ours);
    expect(own.lines).toContain('m=audio 40000 RTP/AVP 8');
    expect(own.lines).toContain('c=IN IP4 203.0.113.7');
    expect(own.lines).toContain('a=rtcp:51234');
    const shared = answered(peer('m=audio 4000 RTP/AVP 8', 'a=rtcp-mux'), ours);
    expect(shared.lines.filter((line) => line.startsWith('a=rtcp'))).toEqual(['a=rtcp-mux']);
    // The engine's ports are the ones that we have.
    expect(own.agreed.local).toEqual({ address: '192.168.7.2', port: 16_384 });
  });

  it('are no ICE candidates: checks of the peer’s would not come through (RFC 8445 §2.5)', () => {
    const offer = peer(
      'm=audio 4000 RTP/AVP 8',
      'a=ice-ufrag:evtj',
      'a=ice-pwd:VOkJxbRl1RmTxUk/WvJxBt',
      'a=candidate:1 1 UDP 2130706431 10.0.0.7 4000 typ host',
    );
    const ice = { fresh: { ufrag: '8hhY', password: new Secret('asd88fgpdd777uzjYhagZg') } };
    const inHouse = { ...offer, connection: { networkType: 'IN', addressType: 'IP4', address: '10.0.0.7' } };
    const { lines } = answered(inHouse, { ...mapped(undefined), ice });
    expect(lines.filter((line) => /^a=(ice|candidate)/.test(line))).toEqual([]);
    expect(answered(inHouse, { ...local, address: '192.168.7.2', ice }).lines).toContain('a=ice-lite');
  });
});

describe('profiles (RFC 4585, RFC 5124)', () => {
  it.each([
    ['avp', 'off', 'RTP/AVP'],
    ['avpf', 'off', 'RTP/AVPF'],
  ] as const)('%s, SRTP %s, is offered as %s', (profile, srtp, protocol) => {
    const [line] = createOffer({ ...local, profile, srtp }).media;
    expect(line?.protocol).toBe(protocol);
    expect(line?.attributes.some(({ name }) => name === 'rtcp-fb')).toBe(false);
  });

  it('is the offerer’s in an answer, whichever we would offer', () => {
    for (const profile of ['avp', 'avpf'] as const) {
      for (const protocol of ['RTP/AVP', 'RTP/AVPF']) {
        const offer = peer(`m=audio 4000 ${protocol} 8`, 'a=rtcp-fb:* trr-int 100');
        const { answer, agreed } = answered(offer, { ...local, profile });
        expect(answer.media[0]?.protocol).toBe(protocol);
        expect(agreed.protocol).toBe(protocol);
        expect(writeSdp(answer)).not.toContain('rtcp-fb');
      }
    }
  });

  it('stays what it was in later offers', () => {
    const [line] = createOffer({ ...local, protocol: 'RTP/SAVPF' }).media;
    expect(line?.protocol).toBe('RTP/SAVPF');
  });
});

describe('lines that are not ours', () => {
  it('are refused in their places, grouped or not (RFC 3264 §6, RFC 8843 §7.3)', () => {
    const offer = parse(
      ...HEAD,
      'a=group:BUNDLE 0 1 2',
      'a=msid-semantic: WMS *',
      'm=video 4002 RTP/AVP 96',
      'a=mid:0',
      'a=rtpmap:96 H264/90000',
      'm=audio 4000 RTP/AVP 8',
      'a=mid:1',
      'm=application 4004 UDP/BFCP *',
      'a=mid:2',
      'm=image 4006 udptl t38',
    );
    const { lines } = answered(offer);
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 16384 RTP/AVP 8',
      'm=application 0 UDP/BFCP *',
      'm=image 0 udptl t38',
    ]);
    expect(lines.join()).not.toMatch(/group|mid|msid/);
  });

  it('stay, refused, in our own later offers, below and above our audio (RFC 3264 §8)', () => {
    const offer = peer('m=video 4002 RTP/AVP 96', 'm=audio 4000 RTP/AVP 8', 'm=image 4006 udptl t38');
    const { answer } = answered(offer);
    const next = createOffer(local, answer);
    expect(next.media.map(({ media, port }) => [media, port])).toEqual([
      ['video', 0],
      ['audio', 16384],
      ['image', 0],
    ]);
    const reply = peer('m=video 0 RTP/AVP 96', 'm=audio 4000 RTP/AVP 8', 'm=image 0 udptl t38');
    expect(readAnswer(next, reply, local).ok).toBe(true);
  });

  it('make room for audio in the slot that had it, switched off meanwhile (RFC 3264 §8.1)', () => {
    const off = answerSwitchedOff(peer('m=video 0 RTP/AVP 96', 'm=audio 0 RTP/AVP 8'), local);
    expect(off?.media.map(({ media, port }) => [media, port])).toEqual([
      ['video', 0],
      ['audio', 0],
    ]);
    expect(createOffer(local, off).media.map(({ port }) => port)).toEqual([0, 16384]);
  });
});

describe('audio that is switched off', () => {
  it('is neither no audio at all nor audio that cannot be taken', () => {
    expect(answerSwitchedOff(peer('m=video 4000 RTP/AVP 96'), local)).toBeUndefined();
    expect(answerSwitchedOff(peer('m=audio 0 RTP/AVP 8', 'm=audio 4000 RTP/AVP 18'), local)).toBeUndefined();
    expect(answerSwitchedOff(peer(), local)).toBeUndefined();
  });
});

describe('hold', () => {
  it.each([
    // Offered, wanted by us, answered: RFC 3264 §6.1, RFC 6337 §5.3.
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'sendonly', 'sendonly'],
    ['inactive', 'sendonly', 'inactive'],
    ['sendrecv', 'recvonly', 'recvonly'],
    ['sendonly', 'recvonly', 'recvonly'],
    ['recvonly', 'recvonly', 'inactive'],
    ['inactive', 'recvonly', 'inactive'],
    ['sendrecv', 'inactive', 'inactive'],
    ['sendonly', 'inactive', 'inactive'],
    ['recvonly', 'inactive', 'inactive'],
    ['inactive', 'inactive', 'inactive'],
  ] as const)('%s, while we want %s, is answered by %s', (offered, wanted, answer) => {
    for (const [session, line] of [
      [[], [`a=${offered}`]],
      [[`a=${offered}`], []],
      [['a=inactive'], [`a=${offered}`]],
    ]) {
      const offer = parse(...HEAD, ...(session ?? []), 'm=audio 4000 RTP/AVP 8', ...(line ?? []));
      const { agreed, lines } = answered(offer, { ...local, direction: wanted });
      expect(lines).toContain(`a=${answer}`);
      expect(agreed.direction).toBe(answer);
    }
  });

  it.each([
    ['c=IN IP4 0.0.0.0', local],
    ['c=IN IP6 ::', { ...local, address: '2001:db8::1' }],
  ])('by %s sends nothing there, and leaves the answer as it is (RFC 3264 §8.4, RFC 6337 §5.4)', (connection, ours) => {
    const { agreed, lines } = answered(peer('m=audio 4000 RTP/AVP 8', connection, 'a=sendrecv'), ours);
    expect(agreed.direction).toBe('recvonly');
    expect(lines).toContain('a=sendrecv');
    const inactive = answered(peer('m=audio 4000 RTP/AVP 8', connection, 'a=inactive'), ours);
    expect(inactive.lines).toContain('a=inactive');
  });
});

describe('digits', () => {
  it('have the number that each side names for what it receives (RFC 3264 §5.1)', () => {
    const agreed = read('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000');
    expect(agreed).toMatchObject({ eventPayloadType: 96, localEventPayloadType: 101 });
    const taken = answered(peer('m=audio 4000 RTP/AVP 8 97', 'a=rtpmap:97 telephone-event/8000')).agreed;
    expect(taken).toMatchObject({ eventPayloadType: 97, localEventPayloadType: 97 });
  });

  it('keep their number in later offers (RFC 3264 §8.3.2)', () => {
    const text = writeSdp(createOffer({ ...local, payloadTypes: new Map([['telephone-event/8000', 97]]) }));
    expect(text).toContain('m=audio 16384 RTP/AVP 8 0 13 97\r\n');
    expect(text).toContain('a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-16\r\n');
  });
});

describe('addresses', () => {
  it('of a line count before that of the session, and IPv6 goes to IPv6 only', () => {
    const offer = peer('m=audio 4000 RTP/AVP 8', 'c=IN IP4 203.0.113.5');
    expect(answered(offer).agreed.remoteAddress).toBe('203.0.113.5');
    const six = peer('m=audio 4000 RTP/AVP 8', 'c=IN IP6 2001:db8::5', 'a=rtcp:4444 IN IP6 2001:db8::6');
    expect(answerOffer(six, local).ok).toBe(false);
    const { agreed } = answered(six, { ...local, address: '2001:db8::1' });
    expect(agreed).toMatchObject({ remoteAddress: '2001:db8::5', remoteRtcpAddress: '2001:db8::6' });
  });
});

import { describe, expect, it } from 'vitest';
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

const local: LocalMedia = {
  origin: { sessionId: 4711, version: 1, address: '192.0.2.1' },
  address: '192.0.2.1',
  port: 16384,
  codecs: ['L16/16000', 'G722', 'PCMA'],
  telephoneEvent: true,
  packetTime: millis(20),
  direction: 'sendrecv',
  srtp: 'off',
  profile: 'avp',
};

function peer(...media: readonly string[]): SessionDescription {
  const session = ['v=0', 'o=alice 1 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0'];
  const parsed = parseSdp([...session, ...media].join('\n'));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const linesOf = (description: SessionDescription): string[] => writeSdp(description).split('\r\n');

function answered(ours: LocalMedia, ...media: readonly string[]): { agreed: AgreedMedia; lines: string[] } {
  const result = answerOffer(peer(...media), ours);
  if (!result.ok) throw new Error(result.error.message);
  return { agreed: result.value.agreed, lines: linesOf(result.value.answer) };
}

function read(ours: LocalMedia, ...media: readonly string[]): AgreedMedia {
  const result = readAnswer(createOffer(ours), peer(...media), ours);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('wideband codecs in an offer', () => {
  it('have static and dynamic payload types, and digits of each clock (RFC 3551 §6, RFC 4733 §2.1)', () => {
    const lines = linesOf(createOffer(local));
    expect(lines).toContain('m=audio 16384 RTP/AVP 99 9 8 105 13 102 101');
    expect(lines).toContain('a=rtpmap:99 L16/16000');
    // RFC 3551 §4.5.2: the clock of G.722 is 8000, for all that it samples at 16 kHz.
    expect(lines).toContain('a=rtpmap:9 G722/8000');
    expect(lines).toContain('a=rtpmap:102 telephone-event/16000');
    expect(lines).toContain('a=rtpmap:101 telephone-event/8000');
  });

  it('say how long packets may be where one codec has shorter ones (RFC 8866 §6.5)', () => {
    const lines = linesOf(createOffer({ ...local, packetTime: millis(60) }));
    expect(lines).toContain('a=ptime:40');
    expect(lines).toContain('a=maxptime:40');
    expect(linesOf(createOffer({ ...local, codecs: ['G722', 'PCMA'] })).join()).not.toContain('maxptime');
  });

  it('keep the numbers that the session has bound, and take none that means something else (RFC 3264 §8.3.2)', () => {
    const payloadTypes = new Map([
      ['l16/16000', 96],
      ['speex/16000', 101],
      ['telephone-event/16000', 97],
    ]);
    const lines = linesOf(createOffer({ ...local, payloadTypes }));
    expect(lines).toContain('m=audio 16384 RTP/AVP 96 9 8 105 13 97 98');
    expect(lines).toContain('a=rtpmap:98 telephone-event/8000');
  });
});

describe('a codec that is agreed on', () => {
  it('is the first of the offer that is ours, under the number of the offer', () => {
    const media = ['m=audio 4000 RTP/AVP 96 97 8', 'a=rtpmap:96 speex/16000', 'a=rtpmap:97 L16/16000/1'];
    const { agreed, lines } = answered(local, ...media);
    expect(agreed).toMatchObject({ codec: 'L16/16000', payloadType: 97 });
    expect(lines).toContain('m=audio 16384 RTP/AVP 97');
    expect(lines).toContain('a=rtpmap:97 L16/16000');
    expect(answered(local, 'm=audio 4000 RTP/AVP 0 9 8').agreed).toMatchObject({ codec: 'G722', payloadType: 9 });
  });

  it('is not another rate or channel count of the same name', () => {
    for (const encoding of ['L16/44100', 'L16/16000/2', 'G722/16000']) {
      expect(answerOffer(peer('m=audio 4000 RTP/AVP 97', `a=rtpmap:97 ${encoding}`), local).ok).toBe(false);
    }
  });

  it('has digits of its own clock, else of 8 kHz', () => {
    const media = ['m=audio 4000 RTP/AVP 97 101 102', 'a=rtpmap:97 L16/16000', 'a=rtpmap:101 telephone-event/8000'];
    const both = [...media, 'a=rtpmap:102 telephone-event/16000'];
    const { agreed, lines } = answered(local, ...both);
    expect(agreed).toMatchObject({ eventPayloadType: 102, eventClock: 16_000, localEventPayloadType: 102 });
    expect(lines).toContain('a=rtpmap:102 telephone-event/16000');
    expect(answered(local, ...media).agreed).toMatchObject({ eventPayloadType: 101, eventClock: 8000 });
  });

  it('leaves the peer free to send whatever else was offered (RFC 3264 §7)', () => {
    const agreed = read(local, 'm=audio 4000 RTP/AVP 9 101', 'a=rtpmap:101 telephone-event/8000');
    expect(agreed).toMatchObject({ codec: 'G722', payloadType: 9, localEventPayloadType: 101, eventClock: 8000 });
    expect(agreed.localFormats).toEqual([
      { codec: 'L16/16000', payloadType: 99 },
      { codec: 'G722', payloadType: 9 },
      { codec: 'PCMA', payloadType: 8 },
    ]);
    expect(agreed.localEvents).toEqual([
      { clock: 16_000, payloadType: 102 },
      { clock: 8000, payloadType: 101 },
    ]);
    expect(agreed.payloadTypes?.get('l16/16000')).toBe(99);
  });

  it('has packets no longer than it allows', () => {
    const media = ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 L16/16000', 'a=ptime:60'];
    expect(answered(local, ...media).agreed.packetTime).toBe(40);
    expect(answered(local, 'm=audio 4000 RTP/AVP 9', 'a=ptime:60').agreed.packetTime).toBe(60);
  });
});

describe('opus (RFC 7587)', () => {
  const ours: LocalMedia = { ...local, codecs: ['opus', 'PCMA'] };

  it('is offered with the clock and channels that it always has, and what it is here beside them (§7)', () => {
    const lines = linesOf(createOffer(ours));
    expect(lines).toContain('m=audio 16384 RTP/AVP 111 8 13 110 101');
    expect(lines).toContain('a=rtpmap:111 opus/48000/2');
    expect(lines).toContain('a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1');
    expect(lines).toContain('a=rtpmap:110 telephone-event/48000');
  });

  it('is taken under any number, with copies of what is lost where the peer wants them (§6.1)', () => {
    const offer = ['m=audio 4000 RTP/AVP 96 101', 'a=rtpmap:96 OPUS/48000/2', 'a=rtpmap:101 telephone-event/8000'];
    expect(answered(ours, ...offer).agreed).toMatchObject({
      codec: 'opus',
      payloadType: 96,
      copies: false,
      eventPayloadType: 101,
      eventClock: 8000,
    });
    for (const [parameters, copies] of [
      ['useinbandfec=1', true],
      ['stereo=0; useinbandfec=1; usedtx=0', true],
      ['minptime=10;useinbandfec=0', false],
    ] as const) {
      expect(answered(ours, ...offer, `a=fmtp:96 ${parameters}`).agreed.copies).toBe(copies);
    }
    expect(answered(ours, ...offer, 'a=fmtp:96 useinbandfec=1').lines).toContain('a=rtpmap:96 opus/48000/2');
  });

  it('is sent as the peer wants it: at a constant rate, without pauses, in no wider band than it plays (§6.1, §7.1)', () => {
    const wishes = (parameters: string) =>
      answered(ours, 'm=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', `a=fmtp:96 ${parameters}`).agreed;
    expect(wishes('cbr=1; usedtx=1; maxplaybackrate=8000')).toMatchObject({
      constantBitRate: true,
      takesPauses: true,
      playbackRate: 8000,
    });
    expect(wishes('cbr=0;usedtx=0;maxplaybackrate=16000')).toMatchObject({
      constantBitRate: false,
      takesPauses: false,
    });
    for (const rate of ['16000', '48000', '7999', '0', 'x', '']) {
      expect(wishes(`maxplaybackrate=${rate}`).playbackRate).toBeUndefined();
    }
  });

  it('is sent with as many bits as the peer bears at most, where that makes sense (§6.1: 6000 to 510000)', () => {
    const bitRateFor = (parameters: string): number | undefined =>
      answered(ours, 'm=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', `a=fmtp:96 ${parameters}`).agreed.bitRate;
    expect(bitRateFor('maxplaybackrate=16000; maxaveragebitrate=20000; stereo=1')).toBe(20_000);
    expect(bitRateFor('MaxAverageBitrate=6000')).toBe(6000);
    for (const nonsense of ['5999', '510001', '-20000', '2e4', '', '20000 30000']) {
      expect(bitRateFor(`maxaveragebitrate=${nonsense}`)).toBeUndefined();
    }
    expect(bitRateFor('useinbandfec=1')).toBeUndefined();
    expect(answered(ours, 'm=audio 4000 RTP/AVP 8', 'a=fmtp:8 maxaveragebitrate=20000').agreed.bitRate).toBeUndefined();
  });

  it('is not Opus of other clocks or channels', () => {
    for (const encoding of ['opus/48000', 'opus/16000/2', 'opus/48000/1']) {
      expect(answerOffer(peer('m=audio 4000 RTP/AVP 96', `a=rtpmap:96 ${encoding}`), ours).ok).toBe(false);
    }
  });

  it('has packets of 10, 20, 40 or 60 ms (RFC 6716 §2.1.4)', () => {
    const lengthFor = (ptime: number): number =>
      answered(ours, 'm=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', `a=ptime:${ptime}`).agreed.packetTime;
    expect([5, 10, 30, 50, 120].map(lengthFor)).toEqual([10, 10, 20, 40, 60]);
  });
});

describe('comfort noise (RFC 3389 §5.1)', () => {
  it('is offered for each clock but that of opus, with a line where its number is not static', () => {
    const lines = linesOf(createOffer({ ...local, codecs: ['opus', 'L16/16000', 'PCMA'], telephoneEvent: false }));
    expect(lines).toContain('m=audio 16384 RTP/AVP 111 99 8 105 13');
    expect(lines).toContain('a=rtpmap:105 CN/16000');
    expect(lines.filter((line) => line.includes('CN/8000'))).toEqual([]);
  });

  it('is taken up where the offer has that of the codec’s clock', () => {
    for (const [formats, encodings, noise] of [
      ['9 13', [], 13],
      ['9 118', ['a=rtpmap:118 CN/8000'], 118],
      ['9 118', ['a=rtpmap:118 CN/16000'], undefined],
      ['97 13 118', ['a=rtpmap:97 L16/16000', 'a=rtpmap:118 cn/16000/1'], 118],
      ['97 13', ['a=rtpmap:97 L16/16000'], undefined],
      ['9', [], undefined],
    ] as const) {
      const { agreed, lines } = answered(local, `m=audio 4000 RTP/AVP ${formats}`, ...encodings);
      expect(agreed.noisePayloadType).toBe(noise);
      expect(agreed.localNoises?.map(({ payloadType }) => payloadType)).toEqual(noise && [noise]);
      const answer = [agreed.payloadType, ...(noise === undefined ? [] : [noise])].join(' ');
      expect(lines).toContain(`m=audio 16384 RTP/AVP ${answer}`);
    }
  });

  it('is sent where the answer has it, and may come by every number that was offered', () => {
    const agreed = read(local, 'm=audio 4000 RTP/AVP 99 105', 'a=rtpmap:99 L16/16000', 'a=rtpmap:105 CN/16000');
    expect(agreed.noisePayloadType).toBe(105);
    expect(agreed.localNoises).toEqual([
      { clock: 16_000, payloadType: 105 },
      { clock: 8000, payloadType: 13 },
    ]);
    expect(read(local, 'm=audio 4000 RTP/AVP 8').noisePayloadType).toBeUndefined();
  });
});

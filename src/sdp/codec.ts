// The codecs that descriptions name, and the payload types that they have: static ones (RFC 3551 §6), and numbers of
// 96 to 127 that each description binds to an encoding for the session (RFC 3264 §8.3.2).

import type { MediaDescription } from './types.ts';

export type Codec = 'PCMA' | 'PCMU' | 'G722' | 'L16/8000' | 'L16/16000' | 'opus';

export interface CodecTraits {
  /** `name/clock`, as rtpmap has it (RFC 8866 §6.6). */
  readonly encoding: string;
  /** Of RTP timestamps, in Hz. That of G.722 is the one of RFC 3551 §4.5.2, and not the rate of its sound. */
  readonly clock: number;
  readonly staticType?: number;
  /** What we name it in offers, where the number is free. */
  readonly dynamicType?: number;
  /** The longest packet that is sent and taken, in milliseconds. */
  readonly longest: number;
  /** The packets that there are, where those are not all tens up to the longest. */
  readonly lengths?: readonly number[];
  /** What is said of it in a=fmtp (RFC 8866 §6.15). */
  readonly parameters?: string;
}

const CODECS: { readonly [Name in Codec]: CodecTraits } = {
  PCMU: { encoding: 'PCMU/8000', clock: 8000, staticType: 0, longest: 60 },
  PCMA: { encoding: 'PCMA/8000', clock: 8000, staticType: 8, longest: 60 },
  G722: { encoding: 'G722/8000', clock: 8000, staticType: 9, longest: 60 },
  'L16/8000': { encoding: 'L16/8000', clock: 8000, dynamicType: 98, longest: 60 },
  // More would not fit into a datagram of every network.
  'L16/16000': { encoding: 'L16/16000', clock: 16_000, dynamicType: 99, longest: 40 },
  // RFC 7587 §7: clock and channels are always these; what is mono and of 16 kHz here is said beside them (§6.1).
  opus: {
    encoding: 'opus/48000/2',
    clock: 48_000,
    dynamicType: 111,
    longest: 60,
    lengths: [10, 20, 40, 60],
    parameters: 'maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1',
  },
};

const NAMES: readonly Codec[] = ['PCMA', 'PCMU', 'G722', 'L16/8000', 'L16/16000', 'opus'];

export const codecTraits = (codec: Codec): CodecTraits => CODECS[codec];

/** `telephone-event` by clock: what we name it in offers, where the number is free. */
const EVENT_TYPES: ReadonlyMap<number, number> = new Map([
  [8000, 101],
  [16_000, 102],
  [48_000, 110],
]);

/** Comfort noise by clock (RFC 3389 §4, §5.1). Opus has its own. */
const NOISE_TYPES: ReadonlyMap<number, number> = new Map([
  [8000, 13],
  [16_000, 105],
]);

/** The static payload type of comfort noise, of 8 kHz. */
const STATIC_NOISE = 13;

/** Whether a format needs no rtpmap. */
export const isStaticNoise = ({ payloadType }: NoiseFormat): boolean => payloadType === STATIC_NOISE;

export const noiseEncoding = (clock: number): string => `CN/${clock}`;

export const eventEncoding = (clock: number): string => `telephone-event/${clock}`;

/** Payload types by encoding in lower case, one channel left unsaid. Only those that are bound for a session. */
export type PayloadTypes = ReadonlyMap<string, number>;

const FIRST_DYNAMIC = 96;
const LAST_DYNAMIC = 127;
const isDynamic = (type: number): boolean => type >= FIRST_DYNAMIC && type <= LAST_DYNAMIC;

/** One payload type that can be used. */
export interface CodecFormat {
  readonly codec: Codec;
  readonly payloadType: number;
}

/** A payload type of digits, and the clock that their durations have. */
export interface EventFormat {
  readonly clock: number;
  readonly payloadType: number;
}

/** A payload type of comfort noise, and its clock. */
export type NoiseFormat = EventFormat;

/**
 * `name/clock[/channels]` by payload type, in lower case (RFC 8866 §6.6), one channel left unsaid; of two for one type the
 * first counts. Read once a line: to look for each type among the attributes would make a long line cost its square.
 */
function encodingsOf(line: MediaDescription): ReadonlyMap<string, string> {
  const encodings = new Map<string, string>();
  for (const { name, value = '' } of line.attributes) {
    const [, type, encoding] = name === 'rtpmap' ? (/^(\d{1,3})[ \t]+(\S+)/.exec(value) ?? []) : [];
    if (type !== undefined && encoding !== undefined && !encodings.has(type)) {
      encodings.set(type, encoding.toLowerCase().replace(/^([^/]+\/\d+)\/1$/, '$1'));
    }
  }
  return encodings;
}

const isPayloadType = (format: string): boolean => /^\d{1,3}$/.test(format) && Number(format) < 128;

function codecOf(format: string, encoding: string | undefined): Codec | undefined {
  return NAMES.find((name) => {
    const traits = CODECS[name];
    return encoding === undefined ? String(traits.staticType) === format : traits.encoding.toLowerCase() === encoding;
  });
}

/** The payload types of a line that are known here, in the line's order (RFC 3264 §5.1: the order is preference). */
export function codecFormats(line: MediaDescription): CodecFormat[] {
  const encodings = encodingsOf(line);
  return line.formats.filter(isPayloadType).flatMap((format) => {
    const codec = codecOf(format, encodings.get(format));
    return codec === undefined ? [] : [{ codec, payloadType: Number(format) }];
  });
}

/** The payload types of a line whose encoding is as `pattern` says, which has the clock in it, in the line's order. */
function clockedFormats(line: MediaDescription, pattern: RegExp): EventFormat[] {
  const encodings = encodingsOf(line);
  return line.formats.filter(isPayloadType).flatMap((format) => {
    const encoding = encodings.get(format) ?? (Number(format) === STATIC_NOISE ? 'cn/8000' : '');
    const clock = pattern.exec(encoding)?.[1];
    return clock === undefined ? [] : [{ clock: Number(clock), payloadType: Number(format) }];
  });
}

/** The payload types of digits in a line (RFC 4733 §2.4.1). */
export const eventFormats = (line: MediaDescription): EventFormat[] =>
  clockedFormats(line, /^telephone-event\/(8000|16000|48000)$/);

/**
 * The digits that go with a codec: those of its clock (RFC 4733 §2.1), else of 8 kHz, which many peers name alone.
 * Where that is no whole part of the codec's clock, none.
 */
export function eventFormatFor(line: MediaDescription, codec: Codec): EventFormat | undefined {
  const formats = eventFormats(line);
  const { clock } = CODECS[codec];
  return formats.find((format) => format.clock === clock) ?? formats.find((format) => clock % format.clock === 0);
}

/** The payload types of comfort noise in a line (RFC 3389 §5.1). */
export const noiseFormats = (line: MediaDescription): NoiseFormat[] => clockedFormats(line, /^cn\/(8000|16000)$/);

/** The comfort noise that goes with a codec: that of its clock (RFC 3389 §6.1); undefined: none. */
export function noiseFormatFor(line: MediaDescription, codec: Codec): NoiseFormat | undefined {
  return noiseFormats(line).find(({ clock }) => clock === CODECS[codec].clock);
}

/** The parameters of a format in `a=fmtp`, names in lower case (RFC 7587 §7). */
function parametersOf(line: MediaDescription, payloadType: number): ReadonlyMap<string, string> {
  const head = `${payloadType} `;
  const text = line.attributes.find(({ name, value }) => name === 'fmtp' && value?.startsWith(head) === true)?.value;
  const pairs = (text ?? '').slice(head.length).split(';');
  return new Map(
    pairs.map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
}

/** How a format is to be encoded for the peer, where that is left to the one who receives it. */
export interface FormatWishes {
  /** It takes copies of what may be lost (RFC 7587 §6.1: useinbandfec). */
  readonly copies?: boolean;
  /** Bits a second that it wants at most, on average (maxaveragebitrate). */
  readonly bitRate?: number;
  /** It wants packets of one length (cbr). */
  readonly constantBitRate?: boolean;
  /** The sampling rate that it can play, in Hz, where that is less than ours: nothing beyond may be sent (maxplaybackrate). */
  readonly playbackRate?: number;
  /** It wants pauses to be left out (usedtx). */
  readonly takesPauses?: boolean;
}

/** What counts of maxaveragebitrate (RFC 7587 §6.1). */
const LEAST_BIT_RATE = 6000;
const MOST_BIT_RATE = 510_000;
/** Of maxplaybackrate; what we send is 16 kHz anyhow. */
const LEAST_PLAYBACK_RATE = 8000;
const OWN_RATE = 16_000;

export function wishesFor(line: MediaDescription, { codec, payloadType }: CodecFormat): FormatWishes {
  if (codec !== 'opus') return {};
  const parameters = parametersOf(line, payloadType);
  const numberIn = (name: string): number => {
    const text = parameters.get(name) ?? '';
    return /^\d{4,6}$/.test(text) ? Number(text) : 0;
  };
  const bitRate = numberIn('maxaveragebitrate');
  const playbackRate = numberIn('maxplaybackrate');
  return {
    copies: parameters.get('useinbandfec') === '1',
    constantBitRate: parameters.get('cbr') === '1',
    takesPauses: parameters.get('usedtx') === '1',
    ...(bitRate < LEAST_BIT_RATE || bitRate > MOST_BIT_RATE ? {} : { bitRate }),
    ...(playbackRate < LEAST_PLAYBACK_RATE || playbackRate >= OWN_RATE ? {} : { playbackRate }),
  };
}

/** The numbers that a line binds, whatever to. */
export function boundTypes(line: MediaDescription): PayloadTypes {
  const bound = [...encodingsOf(line)].map(([type, encoding]): [string, number] => [encoding, Number(type)]);
  return new Map(bound.filter(([, type]) => isDynamic(type)));
}

/** What is offered. */
export interface OfferedFormats {
  readonly formats: readonly CodecFormat[];
  readonly noises: readonly NoiseFormat[];
  readonly events: readonly EventFormat[];
}

/**
 * The numbers of an offer: those that the session has bound already, else our own, else the first that is free.
 * @param bound so far in this session
 */
export function offeredFormats(codecs: readonly Codec[], telephoneEvent: boolean, bound: PayloadTypes): OfferedFormats {
  const taken = new Set(bound.values());
  const numberOf = (encoding: string, wanted: number | undefined): number => {
    const known = bound.get(encoding.toLowerCase());
    if (known !== undefined) return known;
    let type = wanted === undefined || taken.has(wanted) ? FIRST_DYNAMIC : wanted;
    while (taken.has(type) && type < LAST_DYNAMIC) type += 1;
    taken.add(type);
    return type;
  };
  const clocks = [...new Set(codecs.map((codec) => CODECS[codec].clock))];
  const events = (telephoneEvent ? clocks : []).map((clock) => ({
    clock,
    payloadType: numberOf(eventEncoding(clock), EVENT_TYPES.get(clock)),
  }));
  const formats = codecs.map((codec) => {
    const { staticType, encoding, dynamicType } = CODECS[codec];
    return { codec, payloadType: staticType ?? numberOf(encoding, dynamicType) };
  });
  const noises = clocks.flatMap((clock) => {
    const type = NOISE_TYPES.get(clock);
    if (type === undefined) return [];
    return { clock, payloadType: type === STATIC_NOISE ? type : numberOf(noiseEncoding(clock), type) };
  });
  return { formats, noises, events };
}

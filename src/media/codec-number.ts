// The numbers of the codecs in the addon: `enum codec` of native/codec/codec.h.

import type { Codec, StreamParameters } from './types.ts';

/** RFC 3551 §6 where there is a static payload type. */
export const codecNumbers: { readonly [Name in Codec]: number } = {
  PCMU: 0,
  PCMA: 8,
  G722: 9,
  'L16/8000': 128,
  'L16/16000': 129,
  opus: 130,
};

/** In the place of a codec's number: digits. */
const EVENT_NUMBER = 255;
/** Comfort noise. */
const NOISE_NUMBER = 254;
/** So many pairs the addon takes. */
const FORMATS = 12;

/** Payload types that the peer may send beside the agreed ones, each with the number of what it means. None: undefined. */
export function formatBytes(parameters: StreamParameters): Uint8Array | undefined {
  const { formats = [], noisePayloadTypes = [], eventPayloadTypes = [] } = parameters;
  const pairs = [
    ...formats.map(({ codec, payloadType }) => [payloadType, codecNumbers[codec]]),
    ...noisePayloadTypes.map((payloadType) => [payloadType, NOISE_NUMBER]),
    ...eventPayloadTypes.map((payloadType) => [payloadType, EVENT_NUMBER]),
  ];
  return pairs.length === 0 ? undefined : Uint8Array.from(pairs.slice(0, FORMATS).flat());
}

/** What the engine is to be opened with for these codecs. */
export const engineFor = (codecs: readonly Codec[]): { readonly wideband: boolean; readonly opus: boolean } => ({
  wideband: codecs.some((codec) => codec === 'G722' || codec === 'L16/16000' || codec === 'opus'),
  opus: codecs.includes('opus'),
});

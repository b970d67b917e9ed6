// Session descriptions: text ⇄ object (RFC 8866), offer and answer as pure functions (RFC 3264).

export type { AgreedMedia } from './agreement.ts';
export { type Direction, isUnspecified } from './audio.ts';
export type { Codec, CodecFormat, EventFormat, PayloadTypes } from './codec.ts';
export type { CryptoLine } from './crypto-attribute.ts';
export { type CryptoSuite, masterOctets } from './crypto-suite.ts';
export type { AgreedDtls, DtlsRole, LocalDtls } from './dtls.ts';
export { type Fingerprint, formatFingerprint } from './fingerprint.ts';
export type { AgreedIce, IceCredentials, LocalIce } from './ice.ts';
export { createOffer, reviseDescription } from './local-description.ts';
export type { LocalMedia, SrtpPolicy } from './local-media.ts';
export { answerOffer, answerSwitchedOff, readAnswer } from './offer-answer.ts';
export { DEFAULT_SDP_LIMITS, parseSdp, type SdpLimits } from './parse.ts';
export { type KeyingMethod, protocolOf, type RtpProfile } from './profile.ts';
export type { Refusal } from './refusal.ts';
export type { MappedPlace } from './rtcp.ts';
export type * from './types.ts';
export { writeSdp } from './write.ts';

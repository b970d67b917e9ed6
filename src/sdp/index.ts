// Session descriptions: text ⇄ object (RFC 8866), offer and answer as pure functions (RFC 3264).

export type { AgreedMedia } from './agreement.ts';
export { type Codec, type Direction, isUnspecified } from './audio.ts';
export type { CryptoLine } from './crypto-attribute.ts';
export { type CryptoSuite, masterOctets } from './crypto-suite.ts';
export {
  createOffer,
  type LocalMedia,
  reviseDescription,
  type SrtpPolicy,
} from './local-description.ts';
export { answerOffer, answerSwitchedOff, readAnswer } from './offer-answer.ts';
export { DEFAULT_SDP_LIMITS, parseSdp, type SdpLimits } from './parse.ts';
export type { RtpProfile } from './profile.ts';
export type { Refusal } from './refusal.ts';
export type * from './types.ts';
export { writeSdp } from './write.ts';

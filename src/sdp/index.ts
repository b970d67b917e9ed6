// Session descriptions: text ⇄ object (RFC 8866), offer and answer as pure functions (RFC 3264).

export type { AgreedMedia, Refusal } from './agreement.ts';
export type { Codec, Direction } from './audio.ts';
export type { CryptoSuite } from './crypto-attribute.ts';
export {
  createOffer,
  type LocalCrypto,
  type LocalMedia,
  reviseDescription,
  type SrtpPolicy,
} from './local-description.ts';
export { answerOffer, readAnswer } from './offer-answer.ts';
export { DEFAULT_SDP_LIMITS, parseSdp, type SdpLimits } from './parse.ts';
export type * from './types.ts';
export { writeSdp } from './write.ts';

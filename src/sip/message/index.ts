// The grammar of SIP: bytes ⇄ messages, URIs, addresses, Via, authentication headers.

export {
  type AuthHeader,
  formatAuthHeader,
  formatAuthParameters,
  parseAuthHeader,
  parseAuthParameters,
} from './auth-header.ts';
export { copyRequest, createRequest, createResponse, type RequestParts, type ResponseOptions } from './create.ts';
export { type EventType, eventOf, formatEventType, parseEventType, sameEvent } from './event-type.ts';
export { SipHeaders } from './headers.ts';
export { addressOctets, bracketHost, formatHostPort, hostsEqual, isIpAddress, isIpv4, isIpv6 } from './host.ts';
export { DEFAULT_LIMITS, type MessageLimits } from './limits.ts';
export { type BodyPart, readBodyParts } from './multipart.ts';
export { formatNameAddress, parseNameAddress, parseNameAddressList } from './name-address.ts';
export { type ParseFailure, parseMessage } from './parse.ts';
export { serialize } from './serialize.ts';
export { reasonPhrase } from './status.ts';
export {
  formatSubscriptionState,
  parseSubscriptionState,
  type SubscriptionState,
} from './subscription-state.ts';
export { parseTel, type TelUri, telToSip } from './tel.ts';
export type * from './types.ts';
export { formatUri, parseUri, urisEqual } from './uri.ts';
export { formatValued, parseValued, type Valued } from './valued.ts';
export { formatVia, parseVia, receivedAddress } from './via.ts';

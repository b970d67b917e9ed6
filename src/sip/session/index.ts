// RFC 3261 §13–15: the INVITE usage.

export type { RoutedSession } from './base-session.ts';
export {
  ALLOW_EVENTS,
  CAPABILITY_HEADERS,
  EVENT_REFER,
  refuseBody,
  refuseExtensions,
  refuseMethod,
  refuseText,
  SESSION_TYPE,
} from './capabilities.ts';
export type { DialogView } from './dialog-view.ts';
export type { SessionEnvironment } from './environment.ts';
export { IncomingSession, type IncomingSessionOptions } from './incoming-session.ts';
export { OutgoingSession, type OutgoingSessionOptions, type Way } from './outgoing-session.ts';
export type { RedirectTarget } from './redirection.ts';
export { refuseInterval } from './session-refresh.ts';
export { readRefer } from './transfer/refer-request.ts';
export { ReceivedReferral } from './transfer/referral.ts';
export type * from './types.ts';

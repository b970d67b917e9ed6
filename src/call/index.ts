// Conversations: session, SDP and media as one thing.

export type { Call } from './call.ts';
export { Calls } from './calls.ts';
export { peerAddress } from './peer-address.ts';
export { tellOf } from './transfer.ts';
export type {
  CallCaller,
  CallDigit,
  CallEnd,
  CallEndReason,
  CallEvents,
  CallFormat,
  CallMediaReport,
  CallQuality,
  CallServices,
  CallSettings,
  CallState,
  DialOptions,
  HangupReason,
  TransferRequest,
} from './types.ts';

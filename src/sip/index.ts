// SIP: the only file of this folder that others import.

export type { DnsOptions } from './agent/locating.ts';
export { SipAgent, type SipAgentOptions } from './agent/sip-agent.ts';
export type {
  Account,
  Admission,
  AgentEvents,
  EventAgent,
  InstantMessage,
  InviteOptions,
  MessageOptions,
  MessageOutcome,
  PublishOptions,
  PublishOutcome,
  RegistrationState,
  SubscribeOptions,
  UserAgent,
  WireRecord,
} from './agent/types.ts';
export {
  type CallerAlgorithm,
  CallerAuthenticator,
  type CallerVerdict,
  type ChallengedRequest,
  DigestClient,
  type DigestCredentials,
  fittingChallenges,
  type KnownPassword,
} from './auth/index.ts';
export type {
  DialogDetail,
  EventBody,
  EventPackage,
  Notification,
  Subscription,
  SubscriptionEnd,
  SubscriptionRecord,
  SubscriptionStatus,
  Watch,
  WatchRefusal,
  WatchRequest,
} from './event/index.ts';
export type { AnswerMode, Caller, Diversion, Reason } from './identity/index.ts';
export { causeOf, formatReason } from './identity/index.ts';
export {
  type DnsServer,
  FileContent,
  NodeDnsNetwork,
  parseHosts,
  parseResolvConf,
  type ServerPlace,
  type ServiceQuery,
  type WatchedFile,
} from './locate/index.ts';
export {
  bracketHost,
  createRequest,
  createResponse,
  type EventType,
  eventOf,
  formatHostPort,
  formatNameAddress,
  formatUri,
  isIpAddress,
  parseEventType,
  parseMessage,
  parseNameAddress,
  parseTel,
  parseUri,
  serialize,
  urisEqual,
} from './message/index.ts';
export type {
  Endpoint,
  NameAddress,
  ParseError,
  Protocol,
  SipMessage,
  SipRequest,
  SipResponse,
  SipUri,
} from './message/types.ts';
export type { Referral, ReferUser } from './session/index.ts';
export type {
  Body,
  HangupOptions,
  Negotiation,
  Refusal,
  Session,
  SessionDialog,
  SessionEnd,
  SessionEvents,
  SessionMessage,
  SessionState,
  Signalling,
} from './session/types.ts';
export {
  type DatagramNetwork,
  type DatagramSocket,
  type DatagramSystem,
  NodeDatagramNetwork,
  NodeStreamNetwork,
  type PinnedServer,
  type StreamNetwork,
  type TlsCredentials,
} from './transport/index.ts';

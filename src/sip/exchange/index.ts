// One request, from its next hop to its final answer: locating, failover (RFC 3263 §4.3), challenges (RFC 3261 §22).

export { ClientExchange } from './client-exchange.ts';
export type { CallCredentials, ExchangeEnvironment, KeptWays, Located } from './environment.ts';
export type { ExchangePlan, ExchangeUser, SentRequest } from './types.ts';

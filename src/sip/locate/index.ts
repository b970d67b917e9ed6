// Locating SIP servers: RFC 3263 over a DNS client with lifetimes.

export { DnsClient, type DnsClientOptions } from './dns/client.ts';
export type { DnsChannel, DnsChannelUser, DnsNetwork, DnsServer } from './dns/network.ts';
export { NodeDnsNetwork } from './dns/node-dns-network.ts';
export { FileContent, parseHosts, parseResolvConf, type WatchedFile } from './dns/resolver-configuration.ts';
export { type LocatedHandler, Locator, type LocatorOptions } from './locator.ts';
export { Names, type NamesOptions } from './names.ts';
export type { ServerPlace, ServiceQuery } from './other-service.ts';
export { type Place, placeOf, samePlace, targetOf } from './place.ts';

// RFC 3263 §4.1 and §4.2 as one pure function: from what is known it finds the servers of a place, or says what has to
// be looked up first. Who asks is in locator.ts; in which order servers are tried, in srv-order.ts.
//
// A transport is chosen once, as §4.1 has it: who is reached by TLS is not tried in the clear because TLS has failed.

import { err, ok, type Result } from '../../base/result.ts';
import type { Protocol } from '../message/types.ts';
import type { NaptrRecord, SrvRecord } from './dns/records.ts';
import { defaultPort, type Place } from './place.ts';
import { type Service, serviceFor, servicesOf, transportFor, transportsOf } from './services.ts';

/** One host that serves a place. */
export interface Server {
  readonly protocol: Protocol;
  readonly port: number;
  /** Numeric, the preferred first. */
  readonly addresses: readonly string[];
  /** As in SRV; 0 where there is no SRV record. */
  readonly priority: number;
  readonly weight: number;
}

/** Something to look up. */
export interface Inquiry {
  readonly type: 'NAPTR' | 'SRV' | 'addresses';
  readonly name: string;
}

/** What is known so far; undefined: not looked up yet. Empty: there is none, or nobody could tell. */
export interface Knowledge {
  naptr(name: string): readonly NaptrRecord[] | undefined;
  srv(name: string): readonly SrvRecord[] | undefined;
  addresses(name: string): readonly string[] | undefined;
}

/** Where the search stands: what to look up, all of it at once; or its end. The error is a sentence. */
export type Search =
  | { readonly done: false; readonly inquiries: readonly Inquiry[] }
  | { readonly done: true; readonly servers: Result<readonly Server[], string> };

/** Servers whose addresses are looked up. */
const MAXIMUM_SERVERS = 16;

const finished = (servers: Result<readonly Server[], string>): Search => ({ done: true, servers });
const ask = (type: Inquiry['type'], names: readonly string[]): Search => ({
  done: false,
  inquiries: names.map((name) => ({ type, name })),
});

/**
 * Goes on with the search as far as what is known leads.
 * @param able the transports that we have, the preferred first
 */
export function search(place: Place, able: readonly Protocol[], known: Knowledge): Search {
  const { target, port } = place;
  const preferred = transportFor(place, able);
  if (preferred === undefined) return finished(err(`no transport of ours leads to ${target}`));
  // §4.1, §4.2: nothing but addresses is looked up for an explicit port.
  if (port !== undefined) return searchAddresses(target, preferred, port, known);
  return (
    searchOffered(place, able, known) ??
    searchGuessed(place, able, known) ??
    searchAddresses(target, preferred, undefined, known)
  );
}

/** The server of a numeric host, for which nothing is looked up (§4.1, §4.2); undefined without a transport for it. */
export function numericServer(place: Place, able: readonly Protocol[]): Server | undefined {
  const protocol = transportFor(place, able);
  return protocol === undefined ? undefined : serverAt([place.target], protocol, place.port);
}

/** §4.2: A and AAAA of the name itself. */
function searchAddresses(name: string, protocol: Protocol, port: number | undefined, known: Knowledge): Search {
  const addresses = known.addresses(name);
  if (addresses === undefined) return ask('addresses', [name]);
  if (addresses.length === 0) return finished(err(`${name} has no address`));
  return finished(ok([serverAt(addresses, protocol, port)]));
}

function serverAt(addresses: readonly string[], protocol: Protocol, port: number | undefined): Server {
  return { protocol, port: port ?? defaultPort(protocol), addresses, priority: 0, weight: 0 };
}

/** §4.1: what the domain's NAPTR records offer. A transport that the URI prescribes is not chosen by them. */
function searchOffered(place: Place, able: readonly Protocol[], known: Knowledge): Search | undefined {
  if (place.transport !== undefined) return undefined;
  const records = known.naptr(place.target);
  if (records === undefined) return ask('NAPTR', [place.target]);
  return searchServices(servicesOf(records, place, able), known);
}

/** §4.1: without NAPTR, SRV records of each transport that we have. */
function searchGuessed(place: Place, able: readonly Protocol[], known: Knowledge): Search | undefined {
  const services = transportsOf(place, able).map((protocol) => serviceFor(place.target, protocol));
  return searchServices(services, known);
}

/** The servers of the first service that has any; undefined where none of them has SRV records at all. */
function searchServices(services: readonly Service[], known: Knowledge): Search | undefined {
  const unknown = services.filter(({ name }) => known.srv(name) === undefined);
  if (unknown.length > 0) {
    return ask(
      'SRV',
      unknown.map(({ name }) => name),
    );
  }
  let denied: string | undefined;
  for (const { name, protocol } of services) {
    const records = known.srv(name) ?? [];
    const usable = bestOf(records.filter((record) => record.target !== '' && record.port !== 0));
    if (usable.length > 0) return searchTargets(name, protocol, usable, known);
    if (records.length > 0) denied = name;
  }
  // RFC 2782: a single record for the root says that the service is decidedly not there.
  return denied === undefined ? undefined : finished(err(`${denied} says that there is no such service`));
}

/** No zone makes us ask for hundreds of names: the best by priority, then the heaviest. */
function bestOf(records: readonly SrvRecord[]): readonly SrvRecord[] {
  if (records.length <= MAXIMUM_SERVERS) return records;
  return [...records].sort((a, b) => a.priority - b.priority || b.weight - a.weight).slice(0, MAXIMUM_SERVERS);
}

/** RFC 2782, usage rules: the addresses of each target. */
function searchTargets(service: string, protocol: Protocol, records: readonly SrvRecord[], known: Knowledge): Search {
  const names = [...new Set(records.map(({ target }) => target))];
  const unknown = names.filter((name) => known.addresses(name) === undefined);
  if (unknown.length > 0) return ask('addresses', unknown);
  const servers = records.flatMap(({ target, port, priority, weight }) => {
    const addresses = known.addresses(target) ?? [];
    return addresses.length === 0 ? [] : [{ protocol, port, priority, weight, addresses }];
  });
  return finished(servers.length > 0 ? ok(servers) : err(`the servers of ${service} have no address`));
}

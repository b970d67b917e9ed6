// What a registrar grants with a 2xx beside the life of the binding: routes, names, and what it knows of our way to it.

import { type Millis, seconds } from '../../base/units.ts';
import { parseNameAddressList, parseUri, urisEqual } from '../message/index.ts';
import type { NameAddress, SipResponse } from '../message/types.ts';

/** What came with the last 2xx; it holds as long as the binding does. */
export interface Grant {
  /** RFC 3608 §6.1: the route of new requests, in this order; it replaces whatever an earlier 2xx gave. */
  readonly serviceRoute: readonly NameAddress[];
  /** RFC 5627 §4.2: globally routable URIs of this very device. */
  readonly publicGruu: string | undefined;
  readonly temporaryGruu: string | undefined;
  /** RFC 7315 §4.1: other addresses of record that the binding serves; the first is the default one. */
  readonly associated: readonly string[];
  /** RFC 5626 §4.2.1: the registrar bound the flow, not the address. */
  readonly outbound: boolean;
  /** RFC 5626 §4.4: how long the first hop waits for a keep-alive. */
  readonly flowTimer: Millis | undefined;
  /** Where the first hop saw the REGISTER come from, if that is not where we think that we are (RFC 3581 §4). */
  readonly mapped: string | undefined;
}

/** How our binding is known among those that a 2xx lists. */
export interface OwnContact {
  readonly uri: string;
  /** The content of `+sip.instance`, an URN; undefined where it is the URI alone that counts. */
  readonly instance: string | undefined;
  readonly regId: number | undefined;
}

/** A registrar that sends more than this is not taken at its word. */
const MAXIMUM_VALUES = 16;

/** @param own our binding as the response lists it, where it does */
export function readGrant(response: SipResponse, own: NameAddress | undefined): Grant {
  const flowTimer = response.integer('Flow-Timer');
  return {
    serviceRoute: addressesIn(response, 'Service-Route').filter(({ uri }) => parseUri(uri).ok),
    publicGruu: gruu(own, 'pub-gruu'),
    temporaryGruu: gruu(own, 'temp-gruu'),
    associated: addressesIn(response, 'P-Associated-URI').map(({ uri }) => uri),
    outbound: response.headers.list('Require').some((tag) => tag.toLowerCase() === 'outbound'),
    flowTimer: flowTimer.ok && flowTimer.value !== undefined ? seconds(flowTimer.value) : undefined,
    mapped: mappedAddress(response),
  };
}

/**
 * Our binding among those that are listed (RFC 3261 §10.2.4, RFC 5626 §6): by its URI; where that was rewritten on the
 * way, by the device and the flow that it belongs to. The binding of another flow of ours is not this one.
 */
export function findOwnBinding(response: SipResponse, own: OwnContact): NameAddress | undefined {
  const listed = response.addresses('Contact');
  const uri = parseUri(own.uri);
  if (!listed.ok || !uri.ok) return undefined;
  const candidates = listed.value.filter((contact) => isOfFlow(contact, own.regId));
  const byUri = candidates.find((contact) => {
    const other = parseUri(contact.uri);
    return other.ok && urisEqual(uri.value, other.value);
  });
  return byUri ?? candidates.find((contact) => own.instance !== undefined && instanceOf(contact) === own.instance);
}

function isOfFlow({ parameters }: NameAddress, regId: number | undefined): boolean {
  const listed = parameters.get('reg-id');
  return listed === undefined || regId === undefined || listed === String(regId);
}

/** RFC 5626 §4.1: the URN stands in angle brackets inside of the quotes. */
function instanceOf({ parameters }: NameAddress): string | undefined {
  const value = parameters.get('+sip.instance');
  return typeof value === 'string' ? /^<(.*)>$/.exec(value)?.[1] : undefined;
}

function gruu(own: NameAddress | undefined, name: 'pub-gruu' | 'temp-gruu'): string | undefined {
  const value = own?.parameters.get(name);
  return typeof value === 'string' && parseUri(value).ok ? value : undefined;
}

function addressesIn(response: SipResponse, header: string): readonly NameAddress[] {
  const lists = response.headers.all(header).map(parseNameAddressList);
  return lists.flatMap((list) => (list.ok ? list.value : [])).slice(0, MAXIMUM_VALUES);
}

/** `received` and `rport` of our own Via, the only one that is left in a response to us. */
function mappedAddress(response: SipResponse): string | undefined {
  const { host, port, parameters } = response.topVia;
  const received = parameters.get('received');
  const rport = parameters.get('rport');
  const address = typeof received === 'string' ? received : host;
  const seenPort = typeof rport === 'string' ? rport : String(port ?? '');
  if (address === host && seenPort === String(port ?? '')) return undefined;
  return address.includes(':') ? `[${address}]:${seenPort}` : `${address}:${seenPort}`;
}

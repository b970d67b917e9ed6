// Where a dialog lives: requests inside it count only from there, so that a sniffed one sent from elsewhere does nothing.

import type { Endpoint } from '../message/types.ts';
import type { Dialog } from './dialog.ts';

/** What is known of addresses. */
export interface KnownPlaces {
  /** The addresses of the accounts' servers. */
  readonly servers: ReadonlySet<string>;
  /** The addresses of a URI's host as far as they are known now. */
  knownAddresses(uri: string): readonly string[];
}

/** Whether `source` is the peer's contact, a proxy of the route set, or a server of our accounts. */
export function livesAt(dialog: Dialog, source: Endpoint, places: KnownPlaces): boolean {
  if (places.servers.has(source.address)) return true;
  const uris = [dialog.remoteTarget, ...dialog.routeSet.map((route) => route.uri)];
  return uris.some((uri) => places.knownAddresses(uri).includes(source.address));
}

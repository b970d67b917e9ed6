// From a remote target and a route set to Request-URI, Route and next hop: RFC 3261 §8.1.1.1, §8.1.2, §12.2.1.1,
// §16.12.1. Addresses are looked up elsewhere.

import { formatNameAddress, formatUri, parseUri } from '../message/index.ts';
import type { NameAddress } from '../message/types.ts';
import { asSips, isSips } from './sips.ts';

/** How a request is addressed. */
export interface Routing {
  readonly requestUri: string;
  /** Values of Route, topmost first. */
  readonly routes: readonly string[];
  /** The URI whose host is asked for the address: of the first Route, or the Request-URI (§8.1.2). */
  readonly nextHop: string;
}

/** Whether a proxy keeps the Request-URI as it is: `lr` in its URI (§16.12.1.1). */
export function isLooseRouter(uri: string): boolean {
  const parsed = parseUri(uri);
  return parsed.ok && parsed.value.parameters.has('lr');
}

/**
 * Addresses a request to `target` by way of `routeSet` (§12.2.1.1). A first hop without `lr` is a strict router of RFC
 * 2543: it becomes the Request-URI, and the target goes to the end of Route (§16.12.1.2). To a sips target all of the way
 * is sips (RFC 5630 §5.1.1).
 */
export function routeRequest(target: string, way: readonly NameAddress[]): Routing {
  const routeSet = isSips(target) ? way.map((route) => ({ ...route, uri: asSips(route.uri) })) : way;
  const first = routeSet[0];
  if (first === undefined) return { requestUri: target, routes: [], nextHop: target };
  if (isLooseRouter(first.uri)) {
    return { requestUri: target, routes: routeSet.map(formatNameAddress), nextHop: first.uri };
  }
  const requestUri = withoutForbiddenParts(first.uri);
  const routes = [...routeSet.slice(1).map(formatNameAddress), formatNameAddress({ uri: target })];
  return { requestUri, routes, nextHop: requestUri };
}

/** A URI without what a Request-URI must not have: headers and `method` (§19.1.1, table 1). */
function withoutForbiddenParts(uri: string): string {
  const parsed = parseUri(uri);
  if (!parsed.ok) return uri;
  const parameters = new Map(parsed.value.parameters);
  parameters.delete('method');
  return formatUri({ ...parsed.value, parameters, headers: new Map() });
}

// Several outbound proxies of one account stand for one another (RFC 5626 §3.3): a request that one of them does not take
// goes by the next, and one whose flow is known to be dead is not waited for. In a dialog that was made by a proxy which
// has died since, the proxy's own entry in the route set is replaced: what is behind it is still reached, so that a call
// can be ended, and its session kept, though its first proxy is gone.

import { ok } from '../../base/result.ts';
import { asSips, isSips } from '../dialog/index.ts';
import type { Located } from '../exchange/index.ts';
import { formatNameAddress, parseNameAddress } from '../message/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import { looseRoute, sameHost } from './account-profile.ts';

/** A proxy of an account that has several. */
export interface SiblingProxy {
  readonly uri: string;
  /** Whether the account is registered by it. */
  readonly live: boolean;
}

export interface SiblingProxiesOptions {
  /** The proxies of each account that has several. */
  readonly sets: () => readonly (readonly SiblingProxy[])[];
  readonly locate: (uri: string, done: (located: Located) => void) => void;
  /** The addresses of a URI's host as far as they are known. */
  readonly known: (uri: string) => readonly string[];
}

/** Finds the way of requests whose next hop is one of several proxies. */
export class SiblingProxies {
  constructor(private readonly options: SiblingProxiesOptions) {}

  /** As the locator; behind the addresses of a proxy come those of its siblings, and before them where it is dead. */
  locate(uri: string, done: (located: Located) => void): void {
    const set = this.#setOf(uri);
    if (set === undefined) {
      this.options.locate(uri, done);
      return;
    }
    const others = inSchemeOf(uri, set).filter((proxy) => !sameHost(proxy.uri, uri));
    const isDead = !set.some((proxy) => proxy.live && sameHost(proxy.uri, uri));
    this.options.locate(uri, (own) => {
      const live = this.#endpoints(others.filter((proxy) => proxy.live));
      const rest = this.#endpoints(others.filter((proxy) => !proxy.live));
      const first = own.ok ? own.value : [];
      const all = isDead ? [...live, ...first, ...rest] : [...first, ...live, ...rest];
      done(all.length === 0 ? own : ok(all));
    });
  }

  /** Names in the topmost Route the proxy that the request goes to. */
  reroute(request: SipRequest, target: Endpoint): void {
    const [top] = request.headers.list('Route');
    const route = top === undefined ? undefined : parseNameAddress(top);
    if (route?.ok !== true) return;
    const set = this.#setOf(route.value.uri);
    const leadsTo = (uri: string): boolean => this.options.known(uri).includes(target.address);
    if (set === undefined || leadsTo(route.value.uri)) return;
    const sibling = inSchemeOf(route.value.uri, set).find((proxy) => leadsTo(proxy.uri));
    if (sibling === undefined) return;
    request.headers.removeFirst('Route');
    request.headers.prepend('Route', formatNameAddress(looseRoute(sibling.uri)));
  }

  #setOf(uri: string): readonly SiblingProxy[] | undefined {
    return this.options.sets().find((set) => set.some((proxy) => sameHost(proxy.uri, uri)));
  }

  /** Those that are known now: nothing is waited for. */
  #endpoints(proxies: readonly SiblingProxy[]): readonly Endpoint[] {
    const found: Endpoint[] = [];
    for (const { uri } of proxies) {
      this.options.locate(uri, (located) => {
        if (located.ok) found.push(...located.value);
      });
    }
    return found;
  }
}

/** Proxies as they may stand in for `uri`: for a sips URI by TLS alone (RFC 5630 §5.1.1). */
function inSchemeOf(uri: string, set: readonly SiblingProxy[]): readonly SiblingProxy[] {
  return isSips(uri) ? set.map((proxy) => ({ ...proxy, uri: asSips(proxy.uri) })) : set;
}

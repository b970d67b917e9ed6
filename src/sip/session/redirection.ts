// Where a call goes on to when it is answered with 3xx: the target set of RFC 3261 §8.1.3.4, serially and by preference.
// Nothing is sent here, and nobody's credentials are known; whether a target can be reached is its user's to find out.
//
// The bounds are ours: whoever answers an INVITE shall not have us call the whole world.

import { formatUri, parseUri, urisEqual } from '../message/index.ts';
import type { NameAddress, SipResponse, SipUri } from '../message/types.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

/** One place to try. */
export interface RedirectTarget {
  /** Request-URI: without what must not stand there (§8.1.3.4). */
  readonly uri: string;
  /** 305: the proxy to go by (§21.3.4). */
  readonly proxy: string | undefined;
  /** Header fields that the Contact asks for (§19.1.5). */
  readonly headers: HeaderList;
}

const USE_PROXY = 305;
const ALTERNATIVE_SERVICE = 380;
/** 3xx in one call, and places in all. */
const MAXIMUM_REDIRECTS = 5;
const MAXIMUM_TARGETS = 10;

/**
 * What a Contact may put into our request: what describes the call. §19.1.5 names what is dangerous; here that is
 * everything else, since nobody can know what a header field of tomorrow does.
 */
const HONOURED = new Set([
  'subject',
  'priority',
  'call-info',
  'alert-info',
  'diversion',
  'history-info',
  'user-to-user',
]);
const LONGEST_HEADER = 512;

/** The places of one call. */
export class Redirection {
  /** Every place that ever was in the set: none comes in twice (§8.1.3.4), so that two that name each other end it. */
  readonly #known: SipUri[] = [];
  #waiting: RedirectTarget[] = [];
  #redirects = 0;
  #current: string;

  /** @param first the Request-URI of the call as it began */
  constructor(first: string) {
    this.#current = first;
    this.#isNew(first);
  }

  /** Takes up the Contacts of a 3xx. They come before what was named earlier: whoever answered knows more. */
  take(response: SipResponse): void {
    this.#redirects += 1;
    // §21.3.5: what 380 offers is described in a body of which nobody has said how.
    if (this.#redirects > MAXIMUM_REDIRECTS || response.status === ALTERNATIVE_SERVICE) return;
    const contacts = response.addresses('Contact');
    if (!contacts.ok) return;
    const found = contacts.value.toSorted(byPreference).flatMap((contact) => this.#targetOf(contact, response.status));
    this.#waiting = [...found, ...this.#waiting];
  }

  /** The next place to try; undefined when there is none. */
  next(): RedirectTarget | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#current = next.uri;
    return next;
  }

  #targetOf({ uri }: NameAddress, status: number): readonly RedirectTarget[] {
    const parsed = parseUri(uri);
    if (!parsed.ok || !this.#mayFollow(parsed.value) || !this.#isNew(uri)) return [];
    const bare = withoutForbiddenParts(parsed.value);
    if (status === USE_PROXY) return [{ uri: this.#current, proxy: bare, headers: [] }];
    return [{ uri: bare, proxy: undefined, headers: headersOf(parsed.value) }];
  }

  /** From sips: to sips: alone (§8.1.3.4 leaves it to us; RFC 5630 §5.1.2.4); and to a call, not to another method. */
  #mayFollow({ scheme, parameters }: SipUri): boolean {
    const method = parameters.get('method');
    const isCall = method === undefined || (typeof method === 'string' && method.toUpperCase() === 'INVITE');
    return isCall && (scheme === 'sips' || !/^sips:/i.test(this.#current));
  }

  /** Whether a place has never been in the set, and there is room; it is in it now. */
  #isNew(uri: string): boolean {
    const parsed = parseUri(uri);
    if (!parsed.ok || this.#known.length > MAXIMUM_TARGETS) return false;
    const place: SipUri = { ...parsed.value, headers: new Map() };
    if (this.#known.some((known) => urisEqual(known, place))) return false;
    this.#known.push(place);
    return true;
  }
}

/** Highest q first (§20.10: 0 to 1; where there is none it counts for 1); among equals as they stand. */
function byPreference(one: NameAddress, other: NameAddress): number {
  return preference(other) - preference(one);
}

function preference({ parameters }: NameAddress): number {
  const q = parameters.get('q');
  return typeof q === 'string' && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 1;
}

function withoutForbiddenParts(uri: SipUri): string {
  const parameters = new Map(uri.parameters);
  parameters.delete('method');
  return formatUri({ ...uri, parameters, headers: new Map() });
}

/** A URI's escapes may hold anything, a line break too. */
function headersOf({ headers }: SipUri): HeaderList {
  return [...headers].filter(
    ([name, value]) => HONOURED.has(name.toLowerCase()) && value.length <= LONGEST_HEADER && !/\p{Cc}/u.test(value),
  );
}

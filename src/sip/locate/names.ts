// Names to records and addresses: by DNS with its lifetimes, and by the system's own lookup where the DNS is not where a
// name lives (/etc/hosts, mDNS, search domains).

import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { isIpAddress } from '../message/index.ts';
import { canonicalAddress, type Family, familyOf } from './address.ts';
import type { DnsClient, Known } from './dns/client.ts';
import { HASTY, PATIENT } from './dns/query.ts';
import type { DnsRecord } from './dns/records.ts';

/** What a name stands for, as far as could be found out, and until when that holds. */
export interface Found<Item> {
  readonly items: readonly Item[];
  readonly until: Millis;
  /** Nobody could tell: that there are no items means nothing. */
  readonly failed: boolean;
}

/** Which addresses are wanted. */
export interface Wanted {
  /** What the DNS is asked for. */
  readonly families: readonly Family[];
  readonly ahead: boolean;
}

export interface NamesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: every name is left to the system. */
  readonly dns: DnsClient | undefined;
  /** The system's lookup; rejects, or gives none, where a name has no address. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
  /** The names of /etc/hosts, in lower case. */
  readonly hosts: () => ReadonlySet<string>;
}

/** What the system says has no lifetime. */
const LOOKUP_LIFE = seconds(60);
const FAILED_LIFE = seconds(5);
/** The longest that the DNS is believed. */
const LONGEST_LIFE = seconds(3600);
/** How long the second family is waited for when the first is there (RFC 8305 §3 has 50 ms; no call waits here). */
const RESOLUTION_DELAY = seconds(1);

/** `_sip._udp.` of an SRV name. */
const SERVICE_LABELS = /^(?:_[^.]*\.)+/;

/** Asks for names. Answers that are known are given before a method returns. */
export class Names {
  /** Lookups under way: each holds a thread of few. */
  readonly #lookups = new Map<string, Promise<readonly string[]>>();

  constructor(private readonly options: NamesOptions) {}

  /**
   * Records of a name; those that live elsewhere than in the DNS have none.
   * @param ahead whether to ask again for what will soon be too old
   */
  records(name: string, type: 'SRV' | 'NAPTR', ahead: boolean, done: (found: Found<DnsRecord>) => void): void {
    const { dns, clock } = this.options;
    if (dns === undefined || this.#isLocal(name)) {
      done({ items: [], until: millis(clock.now() + LOOKUP_LIFE), failed: false });
      return;
    }
    dns.ask({ name, type }, { waits: type === 'NAPTR' ? HASTY : PATIENT, ahead }, (known) => done(recordsIn(known)));
  }

  /**
   * Numeric addresses of a name, IPv4 and IPv6 by turns: when one family is cut off, the second try is of the other.
   * @param ahead whether to ask again for what will soon be too old
   */
  addresses(name: string, { families, ahead }: Wanted, done: (found: Found<string>) => void): void {
    const { dns } = this.options;
    if (dns === undefined || this.#isLocal(name)) {
      this.#lookup(name, done);
      return;
    }
    this.#resolve(dns, name, { families, ahead }, (found) => {
      if (found.items.length > 0) done(found);
      else this.#lookup(name, (looked) => done(looked.items.length > 0 ? looked : found));
    });
  }

  /** The network is another one: everything is asked for anew. */
  expire(): void {
    this.options.dns?.expire();
  }

  /** Asks the DNS for nothing any more. */
  close(): void {
    this.options.dns?.close();
  }

  /** RFC 6761, RFC 6762; a single label is a name of the house, to be completed by search domains. */
  #isLocal(name: string): boolean {
    const host = name.replace(SERVICE_LABELS, '');
    return !host.includes('.') || /\.(?:local|localhost)$/.test(host) || this.options.hosts().has(host);
  }

  #resolve(dns: DnsClient, name: string, { families, ahead }: Wanted, done: (found: Found<string>) => void): void {
    const answers = new Map<Family, Found<string>>();
    let delay: Timer | undefined;
    let over = false;
    const finish = (): void => {
      over = true;
      delay?.cancel();
      done(this.#merged(families, answers));
    };
    for (const family of families) {
      const type = family === 'IPv4' ? 'A' : 'AAAA';
      dns.ask({ name, type }, { waits: PATIENT, ahead }, (known) => {
        if (over) return;
        answers.set(family, addressesIn(known));
        if (answers.size === families.length) finish();
        else if (delay === undefined && [...answers.values()].some(({ items }) => items.length > 0)) {
          delay = this.options.clock.after(RESOLUTION_DELAY, 'other address family', finish);
        }
      });
    }
    if (families.length === 0) finish();
  }

  #merged(families: readonly Family[], answers: ReadonlyMap<Family, Found<string>>): Found<string> {
    const found = [...answers.values()];
    const items = byTurns(answers.get('IPv4')?.items ?? [], answers.get('IPv6')?.items ?? []);
    // A family that nobody speaks of, as behind routers that know no AAAA, does not spoil what is known of the other.
    const firm = found.filter(({ failed }) => !failed);
    const failed = items.length === 0 && firm.length < families.length;
    const ends = [this.options.clock.now() + LONGEST_LIFE, ...firm.map(({ until }) => until)];
    return { items, until: millis(Math.min(...ends)), failed };
  }

  #lookup(name: string, done: (found: Found<string>) => void): void {
    const { clock, lookup, log } = this.options;
    const running = this.#lookups.get(name) ?? lookup(name);
    this.#lookups.set(name, running);
    const forget = (): void => {
      this.#lookups.delete(name);
    };
    running.then(
      (all) => {
        forget();
        const numeric = all.filter(isIpAddress).map(canonicalAddress);
        const of = (family: Family) => numeric.filter((address) => familyOf(address) === family);
        const items = byTurns(of('IPv4'), of('IPv6'));
        done({ items, until: millis(clock.now() + (items.length > 0 ? LOOKUP_LIFE : FAILED_LIFE)), failed: false });
      },
      (thrown: unknown) => {
        forget();
        log.debug('locate.lookup-failed', { name, reason: describeError(thrown) });
        done({ items: [], until: this.#soon(), failed: true });
      },
    );
  }

  #soon(): Millis {
    return millis(this.options.clock.now() + FAILED_LIFE);
  }
}

function recordsIn({ finding, until }: Known): Found<DnsRecord> {
  return { items: finding.kind === 'records' ? finding.records : [], until, failed: finding.kind === 'failed' };
}

function addressesIn(known: Known): Found<string> {
  const { items, until, failed } = recordsIn(known);
  const addresses = items.flatMap((record) => (record.type === 'A' || record.type === 'AAAA' ? [record.address] : []));
  return { items: addresses, until, failed };
}

/** One of each in turn. */
function byTurns(first: readonly string[], second: readonly string[]): readonly string[] {
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, at) => [first[at], second[at]])
    .flat()
    .filter((address) => address !== undefined);
}

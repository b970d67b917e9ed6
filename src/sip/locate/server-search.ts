// One search for the servers of a place: looks up what the procedure asks for until it has its end.

import type { Result } from '../../base/result.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { Protocol } from '../message/types.ts';
import type { Family } from './address.ts';
import type { DnsRecord, NaptrRecord, SrvRecord } from './dns/records.ts';
import type { Found, Names } from './names.ts';
import type { Place } from './place.ts';
import { type Inquiry, type Server, search } from './procedure.ts';

export interface SearchOutcome {
  readonly servers: Result<readonly Server[], string>;
  /** When the first of the firm answers that it is made of is over; infinite where there is none. */
  readonly until: Millis;
  /** Something could not be found out: that there are no servers means nothing. */
  readonly failed: boolean;
}

export interface SearchOptions {
  readonly names: Names;
  readonly transports: readonly Protocol[];
  readonly families: readonly Family[];
  /** Whether to ask again for what will soon be too old. */
  readonly ahead: boolean;
}

/** A search asks for services, servers, addresses, each in a few ways: more rounds there cannot be. */
const MAXIMUM_ROUNDS = 8;

/** Runs `search` to its end. */
export class ServerSearch {
  readonly #naptr = new Map<string, readonly NaptrRecord[]>();
  readonly #srv = new Map<string, readonly SrvRecord[]>();
  readonly #addresses = new Map<string, readonly string[]>();
  #pending = 0;
  #rounds = 0;
  #until = Number.POSITIVE_INFINITY;
  #failed = false;

  /** @param done called once: before `begin` returns where everything is known */
  constructor(
    private readonly place: Place,
    private readonly options: SearchOptions,
    private readonly done: (outcome: SearchOutcome) => void,
  ) {}

  begin(): void {
    const step = search(this.place, this.options.transports, {
      naptr: (name) => this.#naptr.get(name),
      srv: (name) => this.#srv.get(name),
      addresses: (name) => this.#addresses.get(name),
    });
    this.#rounds += 1;
    if (step.done || this.#rounds > MAXIMUM_ROUNDS) {
      const servers = step.done ? step.servers : ({ ok: false, error: 'the search has no end' } as const);
      this.done({ servers, until: millis(this.#until), failed: this.#failed });
      return;
    }
    this.#pending = step.inquiries.length;
    for (const inquiry of step.inquiries) this.#inquire(inquiry);
  }

  #inquire({ type, name }: Inquiry): void {
    const { names, families, ahead } = this.options;
    if (type === 'addresses') {
      names.addresses(name, { families, ahead }, (found) => this.#learn(this.#addresses, name, found));
      return;
    }
    names.records(name, type, ahead, (found) => {
      if (type === 'SRV') this.#learn(this.#srv, name, only(found, isSrv));
      else this.#learn(this.#naptr, name, only(found, isNaptr));
    });
  }

  #learn<Item>(known: Map<string, readonly Item[]>, name: string, { items, until, failed }: Found<Item>): void {
    known.set(name, items);
    if (failed) this.#failed = true;
    else this.#until = Math.min(this.#until, until);
    this.#pending -= 1;
    if (this.#pending === 0) this.begin();
  }
}

const isSrv = (record: DnsRecord): record is SrvRecord => record.type === 'SRV';
const isNaptr = (record: DnsRecord): record is NaptrRecord => record.type === 'NAPTR';

function only<Item extends DnsRecord>(
  { items, ...found }: Found<DnsRecord>,
  is: (record: DnsRecord) => record is Item,
): Found<Item> {
  return { ...found, items: items.filter(is) };
}

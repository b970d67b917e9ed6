// What a response means for the question: aliases followed, how long it is good for, what else may be taken from it.

import { type Millis, millis, seconds } from '../../../base/units.ts';
import type { AddressRecord, DnsMessage, DnsRecord, Question } from './records.ts';
import { Rcode } from './records.ts';

/** What is known of a question. `life` is how long it may be believed. */
export type Finding =
  | { readonly kind: 'records'; readonly records: readonly DnsRecord[]; readonly life: Millis }
  /** It is certain that there is nothing: the name does not exist, or has no such record. */
  | { readonly kind: 'none'; readonly life: Millis }
  /** Nobody could be asked, or nobody knew. */
  | { readonly kind: 'failed'; readonly reason: string; readonly life: Millis };

/** The records lead to another name, which has to be asked for itself. */
export interface Alias {
  readonly kind: 'alias';
  readonly target: string;
  readonly life: Millis;
}

/** No answer is asked for again sooner, whatever its zone says: a TTL of zero must not make a question a call. */
const SHORTEST_LIFE = seconds(5);
/** None is believed longer: a door runs for years, and zones are mended by the hour. */
const LONGEST_LIFE = seconds(3600);
/** Aliases that are followed for one question. */
export const MAXIMUM_ALIASES = 8;

export function clampLife(life: Millis): Millis {
  return millis(Math.min(LONGEST_LIFE, Math.max(SHORTEST_LIFE, life)));
}

/** Nothing was found out: asked again as soon as after the shortest of answers. */
export const failure = (reason: string): Finding => ({ kind: 'failed', reason, life: SHORTEST_LIFE });

/**
 * Reads what a response says about a question.
 * @param name what was asked for in fact: the question's name, or what it is an alias of
 */
export function readAnswer({ type }: Question, name: string, message: DnsMessage): Finding | Alias {
  const { answers } = message;
  const visited = new Set<string>();
  let owner = name;
  let life: number = LONGEST_LIFE;
  while (!visited.has(owner) && visited.size <= MAXIMUM_ALIASES) {
    visited.add(owner);
    const records = answers.filter((record) => record.type === type && record.name === owner);
    if (records.length > 0) return { kind: 'records', records, life: clampLife(shortest(life, records)) };
    const alias = answers.find((record) => record.type === 'CNAME' && record.name === owner);
    if (alias?.type !== 'CNAME') return withoutRecords(message, owner === name ? undefined : owner, millis(life));
    life = Math.min(life, alias.ttl);
    owner = alias.target;
  }
  // In a ring, or without an end: as good as nothing for as long as those aliases stand.
  return { kind: 'none', life: clampLife(millis(life)) };
}

function withoutRecords(message: DnsMessage, alias: string | undefined, life: Millis): Finding | Alias {
  const authority = message.authorities.find(({ type }) => type === 'SOA');
  if (alias !== undefined && authority === undefined && message.rcode !== Rcode.noSuchName) {
    return { kind: 'alias', target: alias, life };
  }
  // RFC 2308 §5: without an SOA nobody says for how long, and the shortest time will do.
  const negative = authority?.type === 'SOA' ? Math.min(authority.ttl, authority.minimum) : 0;
  return { kind: 'none', life: clampLife(millis(Math.min(life, negative))) };
}

const shortest = (life: number, records: readonly DnsRecord[]): Millis =>
  millis(Math.min(life, ...records.map(({ ttl }) => ttl)));

/**
 * Addresses that came along with SRV records (RFC 2782): of their targets, and within the domain that was asked about;
 * whoever answers for one domain has no say about another.
 */
export function additionalAddresses(
  { name, type }: Question,
  message: DnsMessage,
): readonly (readonly [question: Question, finding: Finding])[] {
  if (type !== 'SRV') return [];
  const domain = name.replace(/^(?:_[^.]*\.)+/, '');
  const targets = new Set(message.answers.flatMap((record) => (record.type === 'SRV' ? [record.target] : [])));
  const found = new Map<string, { question: Question; records: AddressRecord[] }>();
  for (const record of message.additionals) {
    if (record.type !== 'A' && record.type !== 'AAAA') continue;
    if (!targets.has(record.name) || !isWithin(record.name, domain)) continue;
    const question = { name: record.name, type: record.type };
    const key = `${record.type} ${record.name}`;
    const entry = found.get(key) ?? { question, records: [] };
    entry.records.push(record);
    found.set(key, entry);
  }
  return [...found.values()].map(({ question, records }) => {
    const life = clampLife(shortest(LONGEST_LIFE, records));
    return [question, { kind: 'records', records, life }] as const;
  });
}

const isWithin = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

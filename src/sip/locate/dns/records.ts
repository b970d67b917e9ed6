// What is asked of the DNS and what comes back, without the packet around it.

import type { Millis } from '../../../base/units.ts';

/** What is asked for: RFC 3263 needs no more. */
export type QuestionType = 'A' | 'AAAA' | 'SRV' | 'NAPTR';

export interface Question {
  /** Lower case, without the dot at its end. */
  readonly name: string;
  readonly type: QuestionType;
}

interface RecordBase {
  /** The owner: lower case, without the dot at its end. */
  readonly name: string;
  readonly ttl: Millis;
}

export interface AddressRecord extends RecordBase {
  readonly type: 'A' | 'AAAA';
  /** Numeric, as the system writes it. */
  readonly address: string;
}

export interface AliasRecord extends RecordBase {
  readonly type: 'CNAME';
  readonly target: string;
}

/** RFC 2782. */
export interface SrvRecord extends RecordBase {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Empty: the root, which says that the service is not there. */
  readonly target: string;
}

/** RFC 3403 §4.1. */
export interface NaptrRecord extends RecordBase {
  readonly type: 'NAPTR';
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly services: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** Of SOA, only what says how long nothing stays nothing (RFC 2308 §4). */
export interface AuthorityRecord extends RecordBase {
  readonly type: 'SOA';
  readonly minimum: Millis;
}

/** Of NS, only that it is there: it tells a referral from an answer (RFC 2308 §2.2). */
export interface ReferralRecord extends RecordBase {
  readonly type: 'NS';
}

export type DnsRecord = AddressRecord | AliasRecord | SrvRecord | NaptrRecord | AuthorityRecord | ReferralRecord;

/** The codes that are told apart (RFC 1035 §4.1.1, RFC 6895 §2.3). */
export const Rcode = { noError: 0, formatError: 1, noSuchName: 3, notImplemented: 4 } as const;

/** A response, read. Records of other types are left out. */
export interface DnsMessage {
  readonly id: number;
  /** The question that it says to answer; undefined where there is not exactly one, or of a type never asked for. */
  readonly question: Question | undefined;
  readonly rcode: number;
  readonly truncated: boolean;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** One text for each question, to find it again. */
export const questionKey = ({ name, type }: Question): string => `${type} ${name}`;

// Requests and responses as objects: the headers, and the values in them that decide where a message belongs, read on
// first use and kept until the headers change.

import { err, ok, type Result } from '../../base/result.ts';
import { isSpaceCode, SPACE } from './characters.ts';
import { type HeaderName, headerName } from './header-names.ts';
import type { SipHeaders } from './headers.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { parseNameAddressList, readOnlyNameAddress } from './name-address.ts';
import { octetAt } from './octets.ts';
import { parseError, type Scanner } from './scanner.ts';
import type { CSeq, NameAddress, ParseError, SipRequest, SipResponse, Via } from './types.ts';
import { readVia } from './via.ts';

/** RFC 3261 §8.1.1.5: the number is below 2^31. */
const CSEQ_MAXIMUM = 2 ** 31 - 1;
/** §20.19: delta-seconds go up to 2^32 - 1. */
const INTEGER_MAXIMUM = 2 ** 32 - 1;

const DELETE = 0x7f;

const VIA = headerName('Via');
const FROM = headerName('From');
const TO = headerName('To');
const CALL_ID = headerName('Call-ID');
const CSEQ = headerName('CSeq');

/** What whoever writes a message knows of it without reading it again. */
export interface KnownParts {
  readonly topVia?: Via;
  readonly from?: NameAddress;
  readonly to?: NameAddress;
  readonly callId?: string;
  readonly cseq?: CSeq;
}

abstract class Message {
  readonly headers: SipHeaders;
  body: Buffer;
  sentAs: Buffer | undefined;
  #revision: number;
  #topVia: Via | undefined;
  #from: NameAddress | undefined;
  #to: NameAddress | undefined;
  #callId: string | undefined;
  #cseq: CSeq | undefined;

  constructor(headers: SipHeaders, body: Buffer) {
    this.headers = headers;
    this.body = body;
    this.#revision = headers.revision;
  }

  get topVia(): Via {
    this.#forgetStale();
    this.#topVia ??= required(readTopVia(this.headers, DEFAULT_LIMITS.parameterCount));
    return this.#topVia;
  }

  get from(): NameAddress {
    this.#forgetStale();
    this.#from ??= required(readParty(this.headers, FROM, DEFAULT_LIMITS.parameterCount));
    return this.#from;
  }

  get to(): NameAddress {
    this.#forgetStale();
    this.#to ??= required(readParty(this.headers, TO, DEFAULT_LIMITS.parameterCount));
    return this.#to;
  }

  get fromTag(): string | undefined {
    return tagOf(this.from);
  }

  get toTag(): string | undefined {
    return tagOf(this.to);
  }

  get callId(): string {
    this.#forgetStale();
    this.#callId ??= required(readCallId(this.headers));
    return this.#callId;
  }

  get cseq(): CSeq {
    this.#forgetStale();
    this.#cseq ??= required(readCSeq(this.headers));
    return this.#cseq;
  }

  get contentType(): string | undefined {
    const value = this.headers.get('Content-Type');
    if (value === undefined) return undefined;
    const semicolon = value.indexOf(';');
    const type = semicolon < 0 ? value : value.slice(0, semicolon);
    return type.replace(/[ \t]/g, '').toLowerCase();
  }

  addresses(header: 'Contact' | 'Route' | 'Record-Route'): Result<readonly NameAddress[], ParseError> {
    const addresses: NameAddress[] = [];
    for (const value of this.headers.all(header)) {
      const parsed = parseNameAddressList(value);
      if (!parsed.ok) return err({ ...parsed.error, header });
      addresses.push(...parsed.value);
    }
    return ok(addresses);
  }

  integer(header: string): Result<number | undefined, ParseError> {
    const value = this.headers.get(header);
    if (value === undefined) return ok(undefined);
    // Retry-After may go on with a comment or parameters (§20.33).
    const digits = /^(\d{1,10})[ \t]*(?:[;(].*)?$/.exec(value)?.[1];
    const number = Number(digits);
    if (digits !== undefined && number <= INTEGER_MAXIMUM) return ok(number);
    return err(parseError('bad-header', 0, 'not a number from 0 to 4294967295', header));
  }

  /** For who has written these header fields himself: they are not read. */
  know({ topVia, from, to, callId, cseq }: KnownParts): void {
    this.#forgetStale();
    this.#topVia = topVia ?? this.#topVia;
    this.#from = from ?? this.#from;
    this.#to = to ?? this.#to;
    this.#callId = callId ?? this.#callId;
    this.#cseq = cseq ?? this.#cseq;
  }

  /**
   * Reads Via, From, To, Call-ID and CSeq now and keeps them.
   * @returns what is missing or malformed; undefined when all is well
   */
  readMandatory(parameterCount: number): ParseError | undefined {
    const via = readTopVia(this.headers, parameterCount);
    if (!via.ok) return via.error;
    const from = readParty(this.headers, FROM, parameterCount);
    if (!from.ok) return from.error;
    const to = readParty(this.headers, TO, parameterCount);
    if (!to.ok) return to.error;
    const callId = readCallId(this.headers);
    if (!callId.ok) return callId.error;
    const cseq = readCSeq(this.headers);
    if (!cseq.ok) return cseq.error;
    this.#topVia = via.value;
    this.#from = from.value;
    this.#to = to.value;
    this.#callId = callId.value;
    this.#cseq = cseq.value;
    return undefined;
  }

  #forgetStale(): void {
    if (this.headers.revision === this.#revision) return;
    this.#revision = this.headers.revision;
    this.#topVia = undefined;
    this.#from = undefined;
    this.#to = undefined;
    this.#callId = undefined;
    this.#cseq = undefined;
  }
}

/** A request: `parseMessage` and `createRequest` make them. */
export class Request extends Message implements SipRequest {
  readonly kind = 'request';
  readonly method: string;
  readonly requestUri: string;

  constructor(method: string, requestUri: string, headers: SipHeaders, body: Buffer) {
    super(headers, body);
    this.method = method;
    this.requestUri = requestUri;
  }
}

/** A response: `parseMessage` and `createResponse` make them. */
export class Response extends Message implements SipResponse {
  readonly kind = 'response';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, headers: SipHeaders, body: Buffer) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }
}

/** What parsing has assured. It fails only where a program has set a header to what the header may not be. */
function required<T>(read: Result<T, ParseError>): T {
  if (read.ok) return read.value;
  throw new Error(`${read.error.header ?? 'a header'}: ${read.error.message}`);
}

function tagOf(party: NameAddress): string | undefined {
  const tag = party.parameters.get('tag');
  return tag === true ? undefined : tag;
}

const missing = ({ name }: HeaderName) => err(parseError('missing-header', 0, `${name} is missing`, name));

function readTopVia(headers: SipHeaders, parameterCount: number): Result<Via, ParseError> {
  const scanner = headers.scan(VIA);
  return scanner === undefined ? missing(VIA) : readVia(scanner, parameterCount);
}

function readParty(headers: SipHeaders, header: HeaderName, count: number): Result<NameAddress, ParseError> {
  const scanner = headers.scan(header);
  if (scanner === undefined) return missing(header);
  const party = readOnlyNameAddress(scanner, count);
  if (!party.ok) return err({ ...party.error, header: header.name });
  const tag = party.value.parameters.get('tag');
  return tag === true || tag === '' ? malformed(scanner, 'the tag has no value', header.name) : party;
}

/** `word [ "@" word ]`: no more is asked for than that it is one word. */
function readCallId(headers: SipHeaders): Result<string, ParseError> {
  const scanner = headers.scan(CALL_ID);
  if (scanner === undefined) return missing(CALL_ID);
  const { at: start, end } = scanner;
  const { octets } = scanner.source;
  for (let at = start; at < end; at += 1) {
    const code = octetAt(octets, at);
    if (code <= SPACE || code === DELETE) return malformed(scanner, 'white space stands in it', 'Call-ID');
  }
  return start === end ? malformed(scanner, 'it is empty', 'Call-ID') : ok(scanner.source.slice(start, end));
}

/** `1*DIGIT LWS Method` */
function readCSeq(headers: SipHeaders): Result<CSeq, ParseError> {
  const scanner = headers.scan(CSEQ);
  if (scanner === undefined) return missing(CSEQ);
  const start = scanner.at;
  const number = scanner.digits(CSEQ_MAXIMUM);
  if (number === undefined || number > CSEQ_MAXIMUM || !isSpaceCode(scanner.code)) {
    scanner.at = start;
    return malformed(scanner, 'no number below 2^31 and a method', 'CSeq');
  }
  scanner.skipSpace();
  const method = scanner.token();
  if (method === '' || !scanner.ended) return malformed(scanner, 'the method is no token', 'CSeq');
  return ok({ number, method });
}

const malformed = (scanner: Scanner, message: string, header: string) =>
  err(parseError('bad-header', scanner.at, message, header));

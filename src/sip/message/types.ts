// What the layers above know of a SIP message. The grammar is beside this file; nothing here touches bytes.

import type { Result } from '../../base/result.ts';

/** The transports of RFC 3261 §18. */
export type Protocol = 'udp' | 'tcp' | 'tls';

/** One end of a flow: where a message came from or goes to. `address` is numeric (no brackets around IPv6). */
export interface Endpoint {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  /** TLS: the SIP domain that the peer's certificate must be good for (RFC 5922 §7). */
  readonly serverName?: string;
}

/** Parameters by lower-case name; `true` where there is a name alone (`;lr`). */
export type Parameters = ReadonlyMap<string, string | true>;

/** A sip or sips URI, unescaped where the grammar escapes (RFC 3261 §19.1.1, RFC 5954). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower case; an IPv6 reference stands without its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
  readonly headers: ReadonlyMap<string, string>;
}

/** name-addr or addr-spec with its header parameters (From, To, Contact, Route, Record-Route): §20.10. */
export interface NameAddress {
  readonly displayName: string | undefined;
  /** The URI as it was written, for a tel: or an urn: also. */
  readonly uri: string;
  /** The header's own parameters: tag, expires, q. */
  readonly parameters: Parameters;
}

/** One hop of Via: §20.42, with received and rport (RFC 3581) among its parameters. */
export interface Via {
  readonly protocol: Protocol;
  /** Host of sent-by, lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly branch: string | undefined;
  readonly parameters: Parameters;
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** Why bytes or a header's text are not what the grammar asks for. */
export interface ParseError {
  /**
   * Stable: `empty`, `start-line`, `version`, `header-line`, `missing-header`, `bad-header`, `cseq-method`,
   * `content-length`, `too-long`, `line-too-long`, `too-many-headers`, `too-many-parameters`, `uri`, `uri-scheme`.
   */
  readonly code: string;
  /** Octet (message, header) or character (URI) where it went wrong. */
  readonly offset: number;
  /** The header that is at fault, in its canonical spelling. */
  readonly header?: string;
  /** One sentence. It never quotes the content of a credential. */
  readonly message: string;
}

/**
 * Header fields in the order of the message. Names are compared without case, compact forms are their long names
 * (`v` is `Via`): §7.3.3.
 */
export interface Headers {
  /** The first field's value, unfolded and trimmed; undefined where there is none. */
  get(name: string): string | undefined;
  /** Every field's value, one a field line, in order; a comma-separated list is not taken apart. */
  all(name: string): readonly string[];
  /** Every element of a comma-separated list header (Via, Route, Contact, Supported, Allow …), over all its lines. */
  list(name: string): readonly string[];
  has(name: string): boolean;
  /** Replaces every field of that name by one. */
  set(name: string, value: string): void;
  /** Adds a field after those of the same name, else at the end. */
  append(name: string, value: string): void;
  /** Adds a field before those of the same name, else at the top: Via, Record-Route. */
  prepend(name: string, value: string): void;
  remove(name: string): void;
  /** Removes the topmost element of a list header (the Via of this hop). */
  removeFirst(name: string): void;
  /** All of them but Content-Length as they are written, each line with its end. */
  readonly lines: string;
  /** Canonical name and value, in order. */
  entries(): IterableIterator<readonly [name: string, value: string]>;
}

/**
 * What requests and responses share. A message that came out of `parseMessage`, `createRequest` or `createResponse`
 * has a well-formed topmost Via, From, To, Call-ID and CSeq, so these are plain values, read once and kept.
 */
interface MessageCommon {
  readonly headers: Headers;
  body: Buffer;
  /** The octets that it went out as: a repetition goes out as the first time, and costs no second serialisation. */
  sentAs: Buffer | undefined;
  readonly topVia: Via;
  readonly from: NameAddress;
  readonly to: NameAddress;
  /** Tags of From and To; undefined where there is none. */
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: CSeq;
  /** Contact, Route, Record-Route, parsed when they are asked for. */
  addresses(header: 'Contact' | 'Route' | 'Record-Route'): Result<readonly NameAddress[], ParseError>;
  /** A header of one non-negative number of seconds, hops or bytes: Expires, Min-Expires, Max-Forwards, Retry-After. */
  integer(header: string): Result<number | undefined, ParseError>;
  /** Type and subtype in lower case, without parameters: `application/sdp`. */
  readonly contentType: string | undefined;
}

export interface SipRequest extends MessageCommon {
  readonly kind: 'request';
  readonly method: string;
  /** As written. `parseUri` reads it. */
  readonly requestUri: string;
}

export interface SipResponse extends MessageCommon {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

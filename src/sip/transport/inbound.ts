// What arrives: bytes to messages, the topmost Via, what is dropped and what is said to who sent it (RFC 3261 §18.1.2,
// §18.2.1, §21.4.1, §21.5.6).

import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { type Millis, seconds } from '../../base/units.ts';
import { createResponse, type ParseFailure, parseMessage, serialize } from '../message/index.ts';
import type { Endpoint, SipMessage, SipRequest, SipResponse, Via } from '../message/types.ts';
import { type DropCounts, type DropReason, DropReport } from './drop-report.ts';
import type { FramingFault } from './stream-framer.ts';
import { markArrival } from './via-rules.ts';

export interface InboundOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether that Via is one that we wrote (§18.1.2). */
  readonly isOurs: (via: Via) => boolean;
  readonly mayReply: (source: Endpoint) => boolean;
  readonly fault: (what: string, mend: string) => void;
}

/** How one message came, and how it is answered. */
export interface Arrival {
  readonly source: Endpoint;
  readonly at: Millis;
  /** Hands up a message that is well formed and for us. */
  readonly take: (message: SipMessage) => void;
  /** Answers a request that is faulty. */
  readonly reply: (bytes: Buffer, response: SipResponse, request: SipRequest) => void;
}

/** Replies to malformed requests: this many at once, then one a second. */
const REPLY_BURST = 5;
const REPLY_INTERVAL = seconds(1);
/** Lines in the log about messages that a user of this layer failed at: so many at once, then one each interval. */
const FAILURE_LINES = 5;
const FAILURE_LINES_INTERVAL = seconds(10);

/** What a stream that cannot be read on is answered with, and how it is counted. */
const FRAMING: { readonly [fault in FramingFault]: { readonly drop: DropReason; readonly status: number } } = {
  notSip: { drop: 'notSip', status: 400 },
  headTooLong: { drop: 'tooLong', status: 513 },
  bodyTooLong: { drop: 'tooLong', status: 513 },
  noLength: { drop: 'malformed', status: 400 },
  badLength: { drop: 'malformed', status: 400 },
};

/** Reads what comes in. */
export class Inbound {
  readonly #drops: DropReport;
  readonly #replies: TokenBucket;
  readonly #failureLines: TokenBucket;

  constructor(private readonly options: InboundOptions) {
    this.#drops = new DropReport(options.clock, (dropped, latest, from) => this.#reportDrops(dropped, latest, from));
    this.#replies = new TokenBucket(options.clock, REPLY_BURST, REPLY_INTERVAL);
    this.#failureLines = new TokenBucket(options.clock, FAILURE_LINES, FAILURE_LINES_INTERVAL);
  }

  get dropped(): DropCounts {
    return this.#drops.counts;
  }

  /**
   * Takes one datagram, or one message of a stream.
   * @returns false when it was no SIP at all
   */
  receive(bytes: Buffer, arrival: Arrival): boolean {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      const reason = dropReason(parsed.error);
      this.#drops.count(reason, arrival.source.address);
      this.#replyToMalformed(bytes, parsed.error, arrival);
      return reason !== 'notSip';
    }
    const message = parsed.value;
    const acceptable =
      message.kind === 'request' ? markArrival(message, arrival.source) : this.options.isOurs(message.topVia);
    if (acceptable) this.#handUp(message, arrival);
    else this.#drops.count('badVia', arrival.source.address);
    return true;
  }

  /** A stream that cannot be read on (§18.3); who sent it is told where enough could be read to answer. */
  misframed(fault: FramingFault, head: Buffer | undefined, arrival: Arrival): void {
    const { drop, status } = FRAMING[fault];
    this.#drops.count(drop, arrival.source.address);
    if (head === undefined) return;
    const parsed = parseMessage(head);
    const message = parsed.ok ? parsed.value : parsed.error.reply;
    if (message?.kind === 'request') this.#reply(message, status, head.length, arrival);
  }

  /** A message must not be able to end the service, whatever a user makes of it. */
  #handUp(message: SipMessage, arrival: Arrival): void {
    try {
      arrival.take(message);
    } catch (thrown) {
      if (!this.#failureLines.take()) return;
      const what = message.kind === 'request' ? message.method : `${message.status} to ${message.cseq.method}`;
      this.options.log.error('transport.handler-failed', { what, reason: describeError(thrown) });
    }
  }

  #replyToMalformed(bytes: Buffer, failure: ParseFailure, arrival: Arrival): void {
    if (failure.reply === undefined) return;
    this.#reply(failure.reply, failure.code === 'version' ? 505 : 400, bytes.length, arrival);
  }

  /** Seldom, to nobody who may not know of us, and never more bytes than came. */
  #reply(request: SipRequest, status: number, length: number, { source, reply }: Arrival): void {
    if (request.method === 'ACK' || !markArrival(request, source)) return;
    const response = createResponse(request, status);
    const bytes = serialize(response);
    if (bytes.length > length || !this.options.mayReply(source) || !this.#replies.take()) return;
    reply(bytes, response, request);
  }

  #reportDrops(dropped: number, latest: DropReason, from: string): void {
    this.options.log.warn('transport.dropped', { dropped, latest, from });
    this.options.fault(
      `${dropped} messages at the SIP port were dropped, the latest from ${from} (${latest})`,
      'find out what sends them, or close the port to it',
    );
  }
}

function dropReason(failure: ParseFailure): DropReason {
  switch (failure.code) {
    case 'start-line':
      return 'notSip';
    case 'too-long':
    case 'line-too-long':
    case 'too-many-headers':
    case 'too-many-parameters':
      return 'tooLong';
    default:
      return 'malformed';
  }
}

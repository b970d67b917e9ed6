// Why there is no profile, and whether to ask again by ourselves.

import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import { RetrySchedule } from '../../../base/retry-schedule.ts';
import { type Millis, millis, seconds } from '../../../base/units.ts';
import type { HttpFault, HttpFaultCode, HttpResponse } from '../../../http/index.ts';
import { placeOf } from '../../../http/index.ts';

export type RetrievalFaultCode =
  | HttpFaultCode
  /** The server has none for us. */
  | 'not-found'
  /** Any other status that is no success. */
  | 'status'
  /** The offer's own time is over (RFC 4483 §5.7). */
  | 'expired'
  /** Size or hash are not those that were announced. */
  | 'mismatch'
  | 'signature'
  /** What came is no YAML or JSON by its type, or no text. */
  | 'format';

export interface RetrievalFault {
  readonly code: RetrievalFaultCode;
  /** One sentence, without any secret. */
  readonly message: string;
  readonly mend?: string;
  /** When to ask again; undefined: only when there is a new offer. The same answer would come again. */
  readonly retryAfter?: Millis;
}

/** What may be otherwise by itself: a server that starts, a network that comes up, a clock that is set. */
const PASSING: ReadonlySet<HttpFaultCode> = new Set<HttpFaultCode>([
  'no-address',
  'unreachable',
  'timeout',
  'certificate-refused',
  'tls-refused',
  'truncated',
  'bad-response',
]);
/** RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4; and every 5xx. */
const PASSING_STATUS = new Set([408, 425, 429]);
/** A store that does not say what it has refuses what it has not. */
const ABSENT = new Set([403, 404, 410]);

/** A power cut brings a whole fleet back at once: chance takes off up to half of each wait. */
const BOUNDS = { initial: seconds(2), maximum: seconds(60), factor: 2, jitter: 0.5 };
/** Nobody is told to stay away longer. */
const LONGEST_RETRY_AFTER = seconds(86_400);
/** All who were told the same time come spread over so much more of it. */
const SPREAD = 0.25;
const LEAST_SPREAD = seconds(2);

export const isAbsent = (status: number): boolean => ABSENT.has(status);

/** Decides about further tries. */
export class RetryAdvice {
  readonly #schedule: RetrySchedule;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.#schedule = new RetrySchedule(BOUNDS, random);
  }

  /** After a success. */
  reset(): void {
    this.#schedule.reset();
  }

  /** For a fetch without an answer. */
  ofFault({ code, message, mend }: HttpFault): RetrievalFault {
    const fault = { code, message, ...(mend === undefined ? {} : { mend }) };
    return PASSING.has(code) ? { ...fault, retryAfter: this.#schedule.next() } : fault;
  }

  /** For an answer that is no success. */
  ofStatus(response: HttpResponse): RetrievalFault {
    const { status, url } = response;
    if (isAbsent(status)) {
      const mend = 'put the device’s file there, or approve the device';
      return { code: 'not-found', message: `${placeOf(url)} has no profile for this device (${status})`, mend };
    }
    const fault: RetrievalFault = { code: 'status', message: `${placeOf(url)} answers ${status}` };
    if (status < 500 && !PASSING_STATUS.has(status)) return fault;
    const own = this.#schedule.next();
    const told = this.#toldBy(response);
    return { ...fault, retryAfter: told === undefined ? own : millis(told + this.#spread(told)) };
  }

  /** RFC 9110 §10.2.3: seconds, or a date. */
  #toldBy(response: HttpResponse): Millis | undefined {
    const text = response.header('retry-after')?.trim() ?? '';
    const date = Date.parse(text);
    const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : date - this.clock.wall().getTime();
    return Number.isFinite(wait) ? millis(Math.min(LONGEST_RETRY_AFTER, Math.max(0, wait))) : undefined;
  }

  #spread(told: Millis): number {
    return Math.max(LEAST_SPREAD, told * SPREAD) * this.random.uniform();
  }
}

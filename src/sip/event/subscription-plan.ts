// What a subscription asks for, and of whom: the same for every SUBSCRIBE that it takes (RFC 6665 §4.1.2).

import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { Routing } from '../dialog/index.ts';
import type { CallCredentials } from '../exchange/index.ts';
import { type EventType, formatEventType } from '../message/index.ts';
import type { Endpoint, NameAddress, SipResponse } from '../message/types.ts';
import type { EventBody, EventEnvironment, HeaderList } from './environment.ts';

export interface SubscriptionPlanOptions {
  readonly environment: EventEnvironment;
  readonly credentials: CallCredentials | undefined;
  readonly contactUser: string | undefined;
  /** URN of the device, where the package wants it in our Contact (RFC 6080 §5.1.4.1). */
  readonly instance?: string | undefined;
  /** The resource: Request-URI and To. */
  readonly target: string;
  /** From, without its tag. */
  readonly from: NameAddress;
  readonly routing: Routing;
  readonly event: EventType;
  /** The same as it is to be written, where the package demands quotes (RFC 6080 §6.2.2). */
  readonly eventText?: string | undefined;
  /** Body types of notifications that are understood; at least one. */
  readonly accept: readonly string[];
  /** The life that is asked for; 0 fetches the state once (§4.4.3). */
  readonly expires: Millis;
  readonly headers: HeaderList;
  /** A filter; the same in every SUBSCRIBE. */
  readonly body?: EventBody | undefined;
  /** How many notifiers may answer one SUBSCRIBE (§5.4.9); further ones get 481. */
  readonly forks: number;
  /** Whether a NOTIFY that makes the subscription may come from there: from where nobody was asked, none counts. */
  readonly mayNotify: (source: Endpoint) => boolean;
}

/** A notifier that asks for a longer life than this is not obeyed (423), nor one that asks for ever more. */
const LONGEST_EXPIRES = minutes(24 * 60);
const MOST_RAISES = 4;

/** A plan, and what notifiers have said of it. */
export class SubscriptionPlan {
  readonly environment: EventEnvironment;
  readonly event: EventType;
  readonly accept: readonly string[];
  readonly body: EventBody | undefined;
  #expires: Millis;
  #raises = 0;

  constructor(readonly options: SubscriptionPlanOptions) {
    this.environment = options.environment;
    this.event = options.event;
    this.accept = options.accept;
    this.body = options.body;
    this.#expires = options.expires;
  }

  /** The life that is asked for. */
  get expires(): Millis {
    return this.#expires;
  }

  /** The state is wanted once. */
  get isFetch(): boolean {
    return this.#expires === 0;
  }

  /** 423: asks for more from now on (§4.2.1.1). False: it is no such answer, or asks for too much. */
  takesLongerLife(response: SipResponse): boolean {
    const least = response.integer('Min-Expires');
    if (response.status !== 423 || !least.ok || least.value === undefined || this.isFetch) return false;
    const life = seconds(least.value);
    if (life <= this.#expires || life > LONGEST_EXPIRES || this.#raises >= MOST_RAISES) return false;
    this.#raises += 1;
    this.#expires = life;
    return true;
  }

  /** The life that a 2xx to SUBSCRIBE grants, never more than was asked for (§4.1.2.1); undefined where it says none. */
  lifeIn(response: SipResponse): Millis | undefined {
    const expires = response.integer('Expires');
    if (!expires.ok || expires.value === undefined) return undefined;
    return millis(Math.min(seconds(expires.value), this.#expires));
  }
}

/** §4.1.2.1, §4.1.2.2. */
export function subscribeHeaders({ event, accept, options }: SubscriptionPlan, expires: Millis): HeaderList {
  return [
    ['Event', options.eventText ?? formatEventType(event)],
    ['Expires', String(Math.round(expires / 1000))],
    ['Accept', accept.join(', ')],
    ...options.headers,
  ];
}

/** The Contact of a SUBSCRIBE. @param plain it without what tells who we are */
export function subscribeContact({ options }: SubscriptionPlan, plain: string): string {
  return options.instance === undefined ? plain : `${plain};+sip.instance="<${options.instance}>"`;
}

/** How long a NOTIFY is waited for (§4.1.2.4). */
export const timerN = ({ environment }: SubscriptionPlan): Millis => millis(64 * environment.timers.t1);

// What event packages ask of whoever holds the sockets and the accounts.

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { KnownPlaces } from '../dialog/index.ts';
import type { ExchangeEnvironment, KeptWays } from '../exchange/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { TimerSettings } from '../transaction/index.ts';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A message body with its type. */
export interface EventBody {
  /** `application/reginfo+xml` */
  readonly type: string;
  readonly data: Buffer;
  /** Parameters of the Event header that goes with it, in place of those of SUBSCRIBE (RFC 6080 §6.2.3). */
  readonly eventParameters?: readonly (readonly [name: string, value: string])[];
}

/** The surroundings that all subscriptions and publications of a user agent share. */
export interface EventEnvironment extends ExchangeEnvironment, KnownPlaces {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerSettings;
  /** Value of User-Agent. */
  readonly userAgent: string;
  /** For one subscription: keeps the connections that it lives by. */
  keepWays(): KeptWays;
  /**
   * Contact for what goes to `target`, with the account's user.
   * @param sips whether it has to be a sips URI (RFC 3261 §8.1.1.8, §12.1.1)
   */
  contact(target: Endpoint, user: string | undefined, sips: boolean): string;
}

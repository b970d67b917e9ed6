// What a request that goes out asks of whoever holds the sockets and the accounts.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Result } from '../../base/result.ts';
import type { Millis } from '../../base/units.ts';
import type { DigestClient } from '../auth/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { ClientTransaction, ClientTransactionUser } from '../transaction/index.ts';

/** Where a URI leads: at least one address, the best first (RFC 3263); or a sentence that says why there is none. */
export type Located = Result<readonly Endpoint[], string>;

/** The connections that a call or a subscription lives by. */
export interface KeptWays {
  /** A message came from there: the connection that brought it stays, however silent. */
  keep(source: Endpoint): void;
  /** It is over. */
  release(): void;
}

/** The surroundings that all requests of a user agent share. */
export interface ExchangeEnvironment {
  readonly clock: Clock;
  readonly log: Log;
  /** Begins a client transaction. */
  request(request: SipRequest, target: Endpoint, user: ClientTransactionUser): ClientTransaction;
  /**
   * By which ways a request goes to an address, the first before the next where that one is refused: a large one by TCP
   * (RFC 3261 §18.1.1). Left out: by `target` as it is.
   */
  ways?(request: SipRequest, target: Endpoint): readonly Endpoint[];
  /** Finds the addresses that a URI leads to. `done` is called once: before this returns where they are known, else later. */
  locate(uri: string, done: (located: Located) => void): void;
  /** That address has answered. */
  reached(target: Endpoint): void;
  /**
   * That address did not answer, could not be sent to, or cannot serve: others come before it for a while.
   * @param retryAfter for how long it wants to be spared
   */
  missed(target: Endpoint, retryAfter?: Millis): void;
}

/** What answers challenges to the requests of a call, and to whom. */
export interface CallCredentials {
  readonly digest: DigestClient;
  /**
   * Whether credentials may go to an address: a request in a dialog goes to wherever the peer, or who stands on the way,
   * has said, and whoever is there could ask for a digest of the password by a nonce of its own choice.
   */
  mayGoTo(address: string): boolean;
}

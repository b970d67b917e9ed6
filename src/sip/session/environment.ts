// What a session asks of whoever holds the sockets and the accounts.

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { CallCredentials, ExchangeEnvironment, KeptWays } from '../exchange/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { TimerSettings } from '../transaction/index.ts';
import type { LocalTarget } from './local-target.ts';

/** The surroundings that all sessions of a user agent share. */
export interface SessionEnvironment extends ExchangeEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerSettings;
  /** The session interval that we ask for (RFC 4028), in seconds; undefined: only what others ask for. */
  readonly sessionExpires: number | undefined;
  /** Value of User-Agent. */
  readonly userAgent: string;
  /** Sends the ACK of a 2xx outside of any transaction; what it returns sends the same again. */
  sendAck(ack: SipRequest, target: Endpoint): () => void;
  /** For one session: keeps the connections that it lives by. */
  keepWays(): KeptWays;
  /** The addresses of a URI's host as far as they are known now: nothing is looked up. */
  knownAddresses(uri: string): readonly string[];
  /**
   * Contact for requests and responses that go to `target`, with the account's user.
   * @param sips whether it has to be a sips URI (RFC 3261 §8.1.1.8, §12.1.1)
   */
  contact(target: Endpoint, user: string | undefined, sips: boolean): string;
  /** The addresses of the accounts' servers. */
  readonly servers: ReadonlySet<string>;
  /** A text came in a dialog (RFC 3428). It has been answered. */
  texted(request: SipRequest, source: Endpoint): void;
}

/** The surroundings of one dialog. */
export interface DialogContext {
  readonly environment: SessionEnvironment;
  /** Undefined where we have none for this peer. */
  readonly credentials: CallCredentials | undefined;
  readonly localTarget: LocalTarget;
  /** Who sent the INVITE and with it made the Call-ID. */
  readonly began: 'ours' | 'theirs';
  /** An answer to one of our requests came from here: the peer is there. */
  heard(source: Endpoint): void;
  /** Where the peer was heard from last: it is reached there when its Contact leads nowhere that we can go. */
  lastHeard(): Endpoint | undefined;
}

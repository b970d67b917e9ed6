// What a session asks of whoever holds the sockets and the accounts.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Result } from '../../base/result.ts';
import type { DigestClient } from '../auth/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { ClientTransaction, ClientTransactionUser, TimerSettings } from '../transaction/index.ts';

/** The surroundings that all sessions of a user agent share. */
export interface SessionEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers: TimerSettings;
  /** Value of User-Agent. */
  readonly userAgent: string;
  /** Begins a client transaction. */
  request(request: SipRequest, target: Endpoint, user: ClientTransactionUser): ClientTransaction;
  /** Sends the ACK of a 2xx outside of any transaction; what it returns sends the same again. */
  sendAck(ack: SipRequest, target: Endpoint): () => void;
  /**
   * Finds the address that a URI's host stands for. `done` is called once: before this returns where the address is
   * known, else later. The error is a sentence.
   */
  locate(uri: string, done: (located: Result<Endpoint, string>) => void): void;
  /** The addresses of a URI's host as far as they are known now: nothing is looked up. */
  knownAddresses(uri: string): readonly string[];
  /** Contact for requests and responses that go to `address`, with the account's user. */
  contact(address: string, user: string | undefined): string;
  /** The addresses of the accounts' servers. */
  readonly servers: ReadonlySet<string>;
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

/** The surroundings of one dialog. */
export interface DialogContext {
  readonly environment: SessionEnvironment;
  /** Undefined where we have none for this peer. */
  readonly credentials: CallCredentials | undefined;
  /** Value of Contact, the same throughout the dialog. */
  readonly contact: string;
  /** Who sent the INVITE and with it made the Call-ID. */
  readonly began: 'ours' | 'theirs';
  /** An answer to one of our requests came from here: the peer is there. */
  heard(source: Endpoint): void;
  /** Where the peer was heard from last: it is reached there when its Contact leads nowhere that we can go. */
  lastHeard(): Endpoint | undefined;
}

// Sessions of TLS that the next connection to a server may begin from (RFC 5246 §7.3, RFC 8446 §2.2): it saves a round
// trip or the certificates. With a session goes what the full handshake before it has proved, since a resumed one shows no
// certificate: for whom it was, for which SIP domains (RFC 5922 §7.3), and until when.

import type { Clock } from '../../base/clock.ts';
import { type Millis, minutes } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';

/** What a full handshake has proved. */
export interface TlsProof {
  /** The SIP domains of the certificate. */
  readonly identities: readonly string[];
  /** When the certificate ends: milliseconds of the time of day. */
  readonly until: number;
  /** When the handshake was; monotonic. */
  readonly at: Millis;
}

/** Where a connection may begin. */
export interface TlsSession {
  readonly ticket: Buffer;
  readonly proof: TlsProof;
}

/** A withdrawn certificate, or an authority that is trusted no longer, is noticed so late at most. */
const LONGEST_LIFE = minutes(60);
/** More than a door has servers. */
const MOST_SERVERS = 32;

/** The sessions that are at hand, one a server. Those of other credentials belong in another store. */
export class TlsSessions {
  readonly #sessions = new Map<string, TlsSession>();
  /** Servers with which beginning from a session has failed, and when. */
  readonly #avoided = new Map<string, Millis>();

  constructor(private readonly clock: Clock) {}

  /** What a full handshake proves now. */
  proof(identities: readonly string[], until: number): TlsProof {
    return { identities, until, at: this.clock.now() };
  }

  /** Keeps the newest session of a connection to `target`, whose proof is that of the full handshake that it goes back to. */
  keep(target: Endpoint, session: TlsSession): void {
    if (!this.#isFresh(session.proof) || this.#isAvoided(target)) return;
    remember(this.#sessions, keyOf(target), session);
  }

  /**
   * What a connection to `target` may begin from. It may be given again: not every server gives another with a resumption,
   * and nobody learns of it who did not know already where we connect to (RFC 8446 C.4).
   */
  find(target: Endpoint): TlsSession | undefined {
    const session = this.#sessions.get(keyOf(target));
    return session !== undefined && this.#isFresh(session.proof) ? session : undefined;
  }

  /** A connection that began from a session did not get through its handshake: the next ones begin anew, for a while. */
  avoid(target: Endpoint): void {
    this.#sessions.delete(keyOf(target));
    remember(this.#avoided, keyOf(target), this.clock.now());
  }

  #isFresh({ at, until }: TlsProof): boolean {
    return this.clock.now() - at < LONGEST_LIFE && this.clock.wall().getTime() < until;
  }

  #isAvoided(target: Endpoint): boolean {
    const since = this.#avoided.get(keyOf(target));
    return since !== undefined && this.clock.now() - since < LONGEST_LIFE;
  }
}

/** Puts an entry last; the first gives way where there are too many. */
function remember<Value>(entries: Map<string, Value>, key: string, value: Value): void {
  entries.delete(key);
  entries.set(key, value);
  for (const oldest of entries.keys()) {
    if (entries.size <= MOST_SERVERS) return;
    entries.delete(oldest);
  }
}

/** The name that the certificate was to be good for is part of it: what was proved for one is not for another. */
const keyOf = ({ address, port, serverName }: Endpoint): string => `${address} ${port} ${serverName ?? ''}`;

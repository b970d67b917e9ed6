// The sessions that exist, found by the identity of their dialogs, and the INVITEs that began them lately.

import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Millis } from '../../base/units.ts';
import type { SipRequest } from '../message/types.ts';
import type { RoutedSession } from '../session/base-session.ts';

/** Sessions by Call-ID and our tag. */
export class SessionTable {
  readonly #sessions = new Map<string, RoutedSession>();
  readonly #invites = new Map<string, Timer>();

  /** @param memory how long the INVITE of a session is remembered: the life of its transaction */
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly memory: Millis,
  ) {}

  get all(): readonly RoutedSession[] {
    return [...this.#sessions.values()];
  }

  /** Does something with each of them. One that fails must not keep the others from it. */
  each(run: (session: RoutedSession) => void): void {
    for (const session of this.all) {
      try {
        run(session);
      } catch (thrown) {
        this.log.error('agent.session-failed', { session: session.id, reason: describeError(thrown) });
      }
    }
  }

  add(session: RoutedSession): void {
    this.#sessions.set(key(session.id, session.localTag), session);
  }

  remove(session: RoutedSession): void {
    this.#sessions.delete(key(session.id, session.localTag));
  }

  /** The session that a request with a To tag is in (§12.2.2). */
  find(request: SipRequest): RoutedSession | undefined {
    return this.#sessions.get(key(request.callId, request.toTag ?? ''));
  }

  /**
   * Notes a new INVITE.
   * @returns false when the same one came by another way before (§8.2.2.2)
   */
  isFirst(invite: SipRequest): boolean {
    const identity = JSON.stringify([invite.fromTag ?? '', invite.callId, invite.cseq.number]);
    if (this.#invites.has(identity)) return false;
    if (this.#invites.size >= MAXIMUM_INVITES) this.#forgetOldestInvite();
    const forget = this.clock.after(this.memory, 'merged INVITE', () => this.#invites.delete(identity));
    this.#invites.set(identity, forget);
    return true;
  }

  #forgetOldestInvite(): void {
    for (const [identity, forget] of this.#invites) {
      forget.cancel();
      this.#invites.delete(identity);
      return;
    }
  }

  /** Forgets everything; nothing is waited for any longer. */
  close(): void {
    for (const forget of this.#invites.values()) forget.cancel();
    this.#invites.clear();
    for (const session of this.all) session.close();
    this.#sessions.clear();
  }
}

/** More than come from real callers within the life of a transaction; in a flood the oldest is forgotten. */
const MAXIMUM_INVITES = 512;

const key = (callId: string, localTag: string): string => `${localTag} ${callId}`;

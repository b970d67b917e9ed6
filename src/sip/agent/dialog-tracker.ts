// The agent's sessions as the event package `dialog` tells of them (RFC 4235 §3.7.1).

import type { DialogParty, DialogSource, DialogState } from '../event/index.ts';
import type { NameAddress } from '../message/types.ts';
import type { DialogView, RoutedSession } from '../session/index.ts';
import type { SessionEnd } from '../session/types.ts';

/** By §3.7.1: what led to `terminated`. */
const END_EVENTS: Readonly<Record<SessionEnd['reason'], NonNullable<DialogState['event']>>> = {
  'local-hangup': 'local-bye',
  'remote-hangup': 'remote-bye',
  rejected: 'rejected',
  cancelled: 'cancelled',
  timeout: 'timeout',
  unreachable: 'error',
  'no-ack': 'timeout',
};

/** Ends that are remembered, for watchers who have not been told yet. */
const MOST_ENDED = 32;

/** Watches sessions from their beginning. */
export class DialogTracker implements DialogSource {
  /** Session → its dialogs as they were last. */
  readonly #sessions = new Map<RoutedSession, readonly DialogState[]>();
  readonly #ended = new Map<string, DialogState>();
  readonly #replaced = new Set<RoutedSession>();

  /** @param changed told when a dialog has begun, changed or ended */
  constructor(private readonly changed: () => void) {}

  /** A session has begun. */
  add(session: RoutedSession): void {
    this.#sessions.set(session, statesOf(session));
    session.on('ended', (end) => this.#end(session, end));
    session.on('changed', () => this.#look(session));
    this.changed();
  }

  /** Another dialog takes the place of this session's: that is how it will end. */
  replaced(session: RoutedSession): void {
    this.#replaced.add(session);
  }

  current(): readonly DialogState[] {
    return [...this.#sessions.values()].flat();
  }

  ended(id: string): DialogState | undefined {
    return this.#ended.get(id);
  }

  #look(session: RoutedSession): void {
    if (!this.#sessions.has(session)) return;
    this.#sessions.set(session, statesOf(session));
    this.changed();
  }

  #end(session: RoutedSession, end: SessionEnd): void {
    const event = this.#replaced.delete(session) ? 'replaced' : END_EVENTS[end.reason];
    const code = event === 'rejected' ? end.status : undefined;
    for (const dialog of this.#sessions.get(session) ?? []) {
      this.#ended.set(dialog.id, { ...dialog, state: 'terminated', event, code });
    }
    this.#sessions.delete(session);
    for (const id of this.#ended.keys()) {
      if (this.#ended.size <= MOST_ENDED) break;
      this.#ended.delete(id);
    }
    this.changed();
  }
}

function statesOf(session: RoutedSession): readonly DialogState[] {
  return session.dialogs.map((view) => stateOf(session, view));
}

function stateOf(session: RoutedSession, view: DialogView): DialogState {
  const { index, remoteTag, state, localTarget, remoteTarget } = view;
  return {
    id: `${session.localTag}-${index}`,
    callId: session.id,
    localTag: session.localTag,
    remoteTag,
    direction: session.direction === 'outgoing' ? 'initiator' : 'recipient',
    state,
    local: { ...partyOf(session.local), target: localTarget },
    remote: { ...partyOf(session.peer), target: remoteTarget },
  };
}

function partyOf({ uri, displayName }: NameAddress): DialogParty {
  return { uri, displayName };
}

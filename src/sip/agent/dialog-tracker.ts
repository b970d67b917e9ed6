// The agent's sessions as the event package `dialog` tells of them (RFC 4235 §3.7.1).

import { type DialogId, isDialog } from '../dialog/index.ts';
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
  /** Sessions whose place another one has taken. */
  readonly #replaced = new Set<RoutedSession>();
  /** Session → the dialog whose place it is to take. */
  readonly #replaces = new Map<RoutedSession, DialogState>();

  /** @param changed told when a dialog has begun, changed or ended */
  constructor(private readonly changed: () => void) {}

  /** A session has begun. @param replaced the one whose place it takes when it is accepted (RFC 3891) */
  add(session: RoutedSession, replaced?: RoutedSession): void {
    const [dialog] = replaced === undefined ? [] : statesOf(replaced);
    if (dialog !== undefined) this.#replaces.set(session, dialog);
    this.#sessions.set(session, this.#statesOf(session));
    session.on('ended', (end) => this.#end(session, end));
    session.on('changed', () => {
      if (session.state === 'confirmed' && replaced !== undefined && this.#sessions.has(replaced)) {
        this.#replaced.add(replaced);
      }
      this.#look(session);
    });
    this.changed();
  }

  /** Whether a dialog of that identity has ended a short time ago. */
  hasEnded(asked: DialogId): boolean {
    return [...this.#ended.values()].some(
      ({ callId, localTag, remoteTag }) => remoteTag !== undefined && isDialog({ callId, localTag, remoteTag }, asked),
    );
  }

  current(): readonly DialogState[] {
    return [...this.#sessions.values()].flat();
  }

  ended(id: string): DialogState | undefined {
    return this.#ended.get(id);
  }

  #look(session: RoutedSession): void {
    if (!this.#sessions.has(session)) return;
    this.#sessions.set(session, this.#statesOf(session));
    this.changed();
  }

  #statesOf(session: RoutedSession): readonly DialogState[] {
    const { callId, localTag, remoteTag } = this.#replaces.get(session) ?? {};
    if (callId === undefined || localTag === undefined || remoteTag === undefined) return statesOf(session);
    return statesOf(session).map((state) => ({ ...state, replaces: { callId, localTag, remoteTag } }));
  }

  #end(session: RoutedSession, end: SessionEnd): void {
    const event = this.#replaced.delete(session) ? 'replaced' : END_EVENTS[end.reason];
    const code = event === 'rejected' ? end.status : undefined;
    for (const dialog of this.#sessions.get(session) ?? []) {
      this.#ended.set(dialog.id, { ...dialog, state: 'terminated', event, code });
    }
    this.#sessions.delete(session);
    this.#replaces.delete(session);
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

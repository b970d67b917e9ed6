// The door's conversation as a table: what it is doing, what may happen then, and what is done about it. The runner in
// door-controller.ts carries the actions out; a pair that is not here is nothing to react to.

import type { ServiceState } from '../api/state.ts';

/**
 * - `idle`: nobody is rung, nobody talks
 * - `ringing`: we ring somebody
 * - `offered`: somebody rings us and waits for `answer`
 * - `talking`: a call is answered
 */
export type Phase = 'idle' | 'ringing' | 'offered' | 'talking';

export type PhaseEvent =
  /** A button, other than the one that rings already; or the command `call`. */
  | 'ring'
  /** As `ring`, while a call that we answered has not been acknowledged by whoever is said to call. */
  | 'ringUnacknowledged'
  /** The button that rings already, where that cancels. */
  | 'pressAgain'
  /** A call comes in that a person is to answer; that is to be answered at once. */
  | 'invite'
  | 'inviteAutomatic'
  /** The command `answer`. */
  | 'answer'
  /** Our call was answered. */
  | 'answered'
  /** Nobody answered in time. */
  | 'ringLimit'
  /** Our call came to nothing, and there is somebody else to ring; or nobody. */
  | 'failed'
  | 'failedLast'
  /** The call has lasted as long as one may. */
  | 'talkLimit'
  /** The current call ended (but for our own that were not answered). */
  | 'ended'
  /** Somebody else has taken over from the peer. */
  | 'handedOver'
  /** The peer has gone, and whom it handed the visitor over to cannot be had. */
  | 'lost'
  /** The command `hangup`. */
  | 'hangup';

export type PhaseAction =
  /** Rings the first on the list; the next one. */
  | 'ringFirst'
  | 'ringNext'
  /** Ends our call before its answer; because nobody answered. */
  | 'cancel'
  | 'giveUp'
  /** Says that the door is taken, to somebody who calls in. */
  | 'sayBusy'
  /** Lets the caller hear that it rings; answers; declines; says that nobody answered. */
  | 'ringHere'
  | 'answerCall'
  | 'decline'
  | 'sayAbsent'
  /** Starts the limit of the duration, ends the ringback. */
  | 'talk'
  /** Ends the call; because it has lasted too long. */
  | 'hangUp'
  | 'cutOff'
  /** Tells the visitor why it came to nothing. */
  | 'soundEnd'
  | 'soundNothing';

export interface PhaseStep {
  readonly to: Phase;
  readonly actions: readonly PhaseAction[];
}

type Table = Readonly<Record<Phase, Readonly<Partial<Record<PhaseEvent, PhaseStep>>>>>;

const step = (to: Phase, ...actions: PhaseAction[]): PhaseStep => ({ to, actions });

export const PHASES: Table = {
  idle: {
    ring: step('ringing', 'ringFirst'),
    invite: step('offered', 'ringHere'),
    inviteAutomatic: step('talking', 'answerCall'),
  },
  ringing: {
    // Another button: the visitor means somebody else now.
    ring: step('ringing', 'cancel', 'ringFirst'),
    pressAgain: step('idle', 'cancel', 'soundNothing'),
    answered: step('talking', 'talk'),
    ringLimit: step('ringing', 'giveUp'),
    failed: step('ringing', 'ringNext'),
    failedLast: step('idle', 'soundEnd'),
    hangup: step('idle', 'cancel', 'soundNothing'),
    invite: step('ringing', 'sayBusy'),
    inviteAutomatic: step('ringing', 'sayBusy'),
  },
  offered: {
    // Somebody stands at the door: that goes before a call that nobody has answered yet.
    ring: step('ringing', 'decline', 'ringFirst'),
    answer: step('talking', 'answerCall'),
    ringLimit: step('idle', 'sayAbsent'),
    ended: step('idle', 'soundNothing'),
    hangup: step('idle', 'decline'),
    invite: step('offered', 'sayBusy'),
    inviteAutomatic: step('offered', 'sayBusy'),
  },
  talking: {
    // Nobody is there yet, and perhaps nobody ever will be: a forged INVITE must not keep visitors from ringing.
    ringUnacknowledged: step('ringing', 'hangUp', 'ringFirst'),
    talkLimit: step('idle', 'cutOff', 'soundNothing'),
    ended: step('idle', 'soundNothing'),
    handedOver: step('talking', 'soundNothing'),
    lost: step('idle', 'soundEnd'),
    hangup: step('idle', 'hangUp', 'soundNothing'),
    invite: step('talking', 'sayBusy'),
    inviteAutomatic: step('talking', 'sayBusy'),
  },
};

/** What the world is told of a phase. */
export const SERVICE_STATES: Readonly<Record<Phase, ServiceState>> = {
  idle: 'idle',
  ringing: 'ringing',
  offered: 'ringing',
  talking: 'talking',
};

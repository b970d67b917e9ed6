// One conversation at a time: whom the door rings, for how long, who may interrupt it, and whose digits count. What may
// happen when is the table in phases.ts; this is its runner.
// Left out: ringing several phones at once.

import type { CommandRefusal } from '../api/commands.ts';
import type { EventFields } from '../api/events.ts';
import type { Journal } from '../api/journal.ts';
import type { CallState } from '../api/state.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { Call, CallEnd, CallEndReason, Calls, TransferRequest } from '../call/index.ts';
import type { CallsConfiguration, SipConfiguration } from '../config/index.ts';
import type { MediaEngine } from '../media/types.ts';
import type { Account } from '../sip/index.ts';
import { answeringOf } from './answering.ts';
import { reportCall } from './call-reports.ts';
import { callStateOf } from './call-state.ts';
import { HandOver } from './hand-over.ts';
import { PHASES, type Phase, type PhaseAction, type PhaseEvent } from './phases.ts';
import type { TransferPolicy } from './transfer-policy.ts';
import { VisitorSounds } from './visitor-sounds.ts';

/** What may change while the service runs. */
export interface ConversationRules extends CallsConfiguration {
  readonly answer: SipConfiguration['answer'];
  readonly nameDigits: boolean;
}

export interface ConversationServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly calls: Calls;
  readonly engine: MediaEngine;
  readonly rules: () => ConversationRules;
  readonly accountFor: (target: string) => Account;
  /** Whether digits from a peer whom we called count. */
  readonly mayOpen: (target: string) => boolean;
  /** Who may hand a visitor over to whom. */
  readonly transfers: () => TransferPolicy;
  /** Takes the digits of a call that may open doors. */
  readonly readDigits: (call: Call) => (digit: string, at: Millis) => void;
  /** Somebody was turned away. */
  readonly turnedAway: (call: Call, why: string) => void;
}

/** Whom to ring, one after another. */
interface RingList {
  readonly targets: readonly string[];
  readonly button: string | undefined;
  /** When, on the monotonic clock. */
  readonly began: Millis;
  next: number;
}

/** Who presses a button: programs mean every press as they say it. */
export type Presser = 'finger' | 'command';

/** A finger that presses so soon again is impatient, or trembles: it does not mean to cancel the call just begun. */
const NERVOUS_PRESS: Millis = seconds(1);

/** Runs the table. */
export class Conversation {
  #phase: Phase = 'idle';
  #stopped = false;
  #call: Call | undefined;
  /** Who is being turned away, or taken, by the step that runs. */
  #caller: Call | undefined;
  #list: RingList = { targets: [], button: undefined, began: millis(0), next: 0 };
  #lastEnd: CallEndReason = 'cancelled';
  #limit: Timer | undefined;
  /** The visitor is being handed over to somebody else. */
  #handOver: HandOver | undefined;
  /** Calls of ours that were sent on to a place that the configuration does not name: whoever is there is a stranger. */
  readonly #strayed = new WeakSet<Call>();
  readonly #sounds: VisitorSounds;
  readonly #stopListening: () => void;

  readonly #actions: Readonly<Record<PhaseAction, () => void>> = {
    ringFirst: () => this.#ringNext(),
    ringNext: () => this.#ringNext(),
    cancel: () => this.#leave()?.hangup('cancelled'),
    giveUp: () => this.#call?.hangup('no-answer', `nobody answered within ${inSeconds(this.#rules.ringFor)}`),
    sayBusy: () => this.#turnAway(),
    ringHere: () => this.#ringHere(),
    answerCall: () => this.#answerCall(),
    decline: () => this.#leave()?.reject({ status: 603, reason: 'Decline' }),
    sayAbsent: () => this.#leave()?.reject({ status: 480, reason: 'Temporarily Unavailable' }),
    talk: () => this.#talk(),
    hangUp: () => this.#leave()?.hangup('hangup-local'),
    cutOff: () => this.#leave()?.hangup('limit', `a call lasts ${inSeconds(this.#rules.maxDuration)} at most`),
    soundEnd: () => this.#sounds.end(this.#lastEnd),
    soundNothing: () => this.#sounds.silence(),
  };

  constructor(private readonly services: ConversationServices) {
    this.#sounds = new VisitorSounds(services.clock, services.engine);
    this.#stopListening = services.calls.on('incoming', (call) =>
      this.#guard('incoming call', () => this.#invited(call)),
    );
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The call that rings or talks. */
  get callId(): string | undefined {
    return this.#shown?.id;
  }

  /** The call as `status` shows it. */
  get callState(): CallState | null {
    const call = this.#shown;
    return call === undefined ? null : callStateOf(call);
  }

  get #shown(): Call | undefined {
    return this.#handOver?.isWaiting === true ? this.#handOver.next : this.#call;
  }

  /** A button was pressed; what that means depends on what goes on. */
  press(button: string, targets: readonly string[], by: Presser): void {
    const ringing = this.#phase === 'ringing';
    if (ringing && this.#rules.pressAgain === 'ignore') return;
    if (ringing && this.#list.button === button && by === 'finger' && this.#hasJustBegun) return;
    if (ringing && this.#list.button === button) this.#step('pressAgain');
    else this.#ring(targets, button, this.#call?.state === 'talking' && !this.#call.established);
  }

  /** Rings others in place of whoever is rung. While somebody talks nobody is. */
  ring(targets: readonly string[], button: string): void {
    this.#ring(targets, button);
  }

  /** Calls somebody by command. The result is the call's id. */
  dial(target: string): Result<string, CommandRefusal> {
    if (this.#phase !== 'idle') return err({ code: 'busy', message: 'there is a call already; hang up first' });
    this.#ring([target], undefined);
    return this.#call === undefined
      ? err({ code: 'failed', message: 'the call could not be begun' })
      : ok(this.#call.id);
  }

  /** Answers the call that waits for it. */
  answer(): Result<string, CommandRefusal> {
    const call = this.#call;
    if (this.#phase !== 'offered' || call === undefined) {
      return err({ code: 'no-call', message: 'no call waits for an answer' });
    }
    this.#step('answer');
    return call.state === 'talking' ? ok(call.id) : err({ code: 'failed', message: 'the call could not be answered' });
  }

  /** Ends whatever call there is. */
  hangup(): Result<string, CommandRefusal> {
    const call = this.#call;
    if (call === undefined) return err({ code: 'no-call', message: 'there is no call' });
    this.#step('hangup');
    return ok(call.id);
  }

  /** Holds the call that is up, or takes that back. */
  hold(held: boolean): Result<string, CommandRefusal> {
    const call = this.#talkedIn();
    if (!call.ok) return call;
    if (held) call.value.hold();
    else call.value.resume();
    return ok(call.value.id);
  }

  /** Calls somebody who is to have the visitor; until they answer, the call goes on. */
  transfer(target: string): Result<{ readonly call: string; readonly next: string }, CommandRefusal> {
    const call = this.#talkedIn();
    if (!call.ok) return call;
    if (this.#handOver !== undefined) return err({ code: 'busy', message: 'the visitor is being handed over already' });
    const { calls, accountFor, mayOpen } = this.services;
    const next = calls.dial({ target, account: accountFor(target) });
    this.#listen(next, undefined, mayOpen(target), mayOpen);
    this.#beginHandOver(call.value, next, 'us');
    next.on('answered', () => call.value.hangup('hangup-local', 'transferred'));
    return ok({ call: call.value.id, next: next.id });
  }

  #talkedIn(): Result<Call, CommandRefusal> {
    const call = this.#call;
    if (this.#phase === 'talking' && call?.established === true) return ok(call);
    return err({ code: 'no-call', message: 'there is no call that is answered' });
  }

  /** Sends digits to the peer; the result is how many. */
  sendDigits(digits: string): Result<number, CommandRefusal> {
    if (this.#phase !== 'talking' || this.#call === undefined) {
      return err({ code: 'no-call', message: 'digits can be sent in a call only' });
    }
    this.#call.sendDigits(digits);
    return ok(digits.length);
  }

  /** Ends the call, plays nothing, takes no calls any more. */
  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#step('hangup');
    this.#sounds.silence();
  }

  get #hasJustBegun(): boolean {
    return this.services.clock.now() < this.#list.began + NERVOUS_PRESS;
  }

  get #rules(): ConversationRules {
    return this.services.rules();
  }

  #ring(targets: readonly string[], button: string | undefined, unacknowledged = false): void {
    const event = unacknowledged ? 'ringUnacknowledged' : 'ring';
    if (this.#stopped || PHASES[this.#phase][event] === undefined || targets.length === 0) return;
    this.#list = { targets, button, began: this.services.clock.now(), next: 0 };
    this.#step(event);
  }

  #step(event: PhaseEvent): void {
    const step = PHASES[this.#phase][event];
    if (step === undefined) return;
    this.#phase = step.to;
    for (const action of step.actions) this.#guard(action, this.#actions[action]);
  }

  #ringNext(): void {
    const { clock, calls, accountFor, mayOpen } = this.services;
    const { targets, button } = this.#list;
    const target = targets[this.#list.next];
    if (target === undefined) return;
    this.#list.next += 1;
    try {
      const call = calls.dial({ target, account: accountFor(target) });
      this.#take(call, button, mayOpen(target));
    } catch (thrown) {
      this.services.log.error('door.ring-failed', { reason: describeError(thrown) });
      this.#afterFailure('failed');
      return;
    }
    this.#setLimit(clock.after(this.#rules.ringFor, 'ring limit', () => this.#step('ringLimit')));
    this.#sounds.ringback();
  }

  #invited(call: Call): void {
    if (call.replaces !== undefined) {
      this.#takeOver(call, call.replaces);
      return;
    }
    const answering = answeringOf(this.#rules.answer, call.caller);
    if (answering.act === 'refuse') {
      call.reject({ status: 403, reason: answering.phrase });
      this.services.turnedAway(call, answering.why);
      return;
    }
    this.#caller = call;
    this.#step(answering.act === 'answer' ? 'inviteAutomatic' : 'invite');
    this.#caller = undefined;
  }

  #turnAway(): void {
    const caller = this.#caller;
    if (caller === undefined) return;
    caller.reject({ status: 486, reason: 'Busy Here' });
    this.services.turnedAway(caller, 'the door is in a call');
  }

  #ringHere(): void {
    const caller = this.#caller;
    if (caller === undefined) return;
    this.#take(caller, undefined, true);
    this.#setLimit(this.services.clock.after(this.#rules.ringFor, 'ring limit', () => this.#step('ringLimit')));
    caller.ring();
  }

  #answerCall(): void {
    const call = this.#caller ?? this.#call;
    if (call === undefined) return;
    if (call !== this.#call) this.#take(call, undefined, true);
    this.#talk();
    call.answer();
  }

  #talk(): void {
    this.#sounds.silence();
    const { clock } = this.services;
    this.#setLimit(clock.after(this.#rules.maxDuration, 'duration limit', () => this.#step('talkLimit')));
  }

  /** Makes `call` the current one, and listens to it. */
  #take(call: Call, button: string | undefined, mayOpen: boolean): void {
    this.#call = call;
    this.#listen(call, button, mayOpen, this.services.mayOpen);
  }

  /** @param mayOpenAt whether digits count from where the call is sent on to */
  #listen(call: Call, button: string | undefined, mayOpen: boolean, mayOpenAt: (target: string) => boolean): void {
    const { journal, readDigits } = this.services;
    reportCall(call, { journal, button, nameDigits: () => this.#rules.nameDigits });
    call.on('earlyMedia', () => this.#ifCurrent(call, () => this.#sounds.silence()));
    call.on('answered', () => this.#ifCurrent(call, () => this.#step('answered')));
    call.on('transfer', (request) => this.#ifCurrent(call, () => this.#transfer(call, request)));
    call.on('ended', (end) => this.#ifCurrent(call, () => this.#ended(end)));
    // Whoever is called may send the call to anybody; that one counts only where the configuration names it.
    let isTheirs = true;
    call.on('redirected', (to) => {
      isTheirs = mayOpenAt(to);
      if (this.services.mayOpen(to)) this.#strayed.delete(call);
      else this.#strayed.add(call);
    });
    if (!mayOpen) return;
    const read = readDigits(call);
    call.on('digit', ({ digit, at }) => this.#ifCurrent(call, () => (isTheirs ? read(digit, at) : undefined)));
  }

  /** Somebody else picks the call up, or is handed it (RFC 3891); in whatever way calls are answered here. */
  #takeOver(call: Call, replaced: Call): void {
    if (replaced !== this.#call || !this.services.transfers().mayReplace) {
      call.reject({ status: 603, reason: 'Decline' });
      return;
    }
    this.#take(call, undefined, true);
    call.answer();
    // What cannot be answered leaves the other as it was.
    if (call.state !== 'talking') this.#call = replaced;
    else this.#sayTransferred(replaced, call);
  }

  /** The peer hands the visitor over to somebody else. */
  #transfer(call: Call, request: TransferRequest<Call>): void {
    const { accountFor, transfers } = this.services;
    const { target, to } = request;
    const allowed = transfers().mayTransfer(this.#strayed.has(call) ? 'incoming' : call.direction, target);
    if (!allowed || this.#handOver !== undefined) {
      const refusal = allowed ? { status: 491 } : { status: 403, reason: 'Forbidden' };
      const why = allowed ? 'the visitor is being handed over already' : 'not among those whom sip.transfer allows';
      request.reject(refusal);
      this.#sayNotTransferred({ call: call.id, to, by: 'peer', status: refusal.status, why });
      return;
    }
    const next = request.accept(accountFor(target));
    this.#listen(next, undefined, transfers().mayOpen(target), (sentOnTo) => transfers().mayOpen(sentOnTo));
    this.#beginHandOver(call, next, 'peer');
  }

  #beginHandOver(call: Call, next: Call, by: 'us' | 'peer'): void {
    const { clock } = this.services;
    next.on('earlyMedia', () => this.#handOver?.next === next && this.#sounds.silence());
    this.#handOver = new HandOver({
      clock,
      from: call,
      next,
      ringFor: this.#rules.ringFor,
      answered: () => this.#guard('transfer', () => this.#handedOver(call, next)),
      failed: (end) => this.#guard('transfer', () => this.#notHandedOver(call, next, by, end)),
    });
  }

  #handedOver(from: Call, next: Call): void {
    this.#handOver = undefined;
    this.#call = next;
    this.#step('handedOver');
    this.#sayTransferred(from, next);
  }

  /** The one before goes on, if it is still there. */
  #notHandedOver(call: Call, next: Call, by: 'us' | 'peer', end: CallEnd): void {
    const waiting = this.#handOver?.isWaiting === true;
    this.#handOver = undefined;
    const status = end.status === undefined ? {} : { status: end.status };
    this.#sayNotTransferred({ call: call.id, to: next.peer, by, ...status, why: end.cause ?? end.reason });
    if (!waiting) return;
    this.#leave();
    this.#lastEnd = end.reason;
    this.#step('lost');
  }

  #sayTransferred(from: Call, next: Call): void {
    this.services.journal.record('call.transferred', { call: from.id, to: next.peer, next: next.id });
  }

  #sayNotTransferred(fields: EventFields['transfer.failed']): void {
    this.services.journal.record('transfer.failed', fields);
  }

  #ended(end: CallEnd): void {
    if (this.#handOver !== undefined) {
      // Who handed the visitor over has gone: somebody is being called.
      this.#sounds.ringback();
      return;
    }
    this.#leave();
    if (this.#phase === 'ringing') this.#afterFailure(end.reason);
    else this.#step('ended');
  }

  /** Rings on with the next on the list, or tells the visitor that nobody can be had. */
  #afterFailure(reason: CallEndReason): void {
    this.#lastEnd = reason;
    this.#step(this.#list.next < this.#list.targets.length ? 'failed' : 'failedLast');
  }

  /** Lets go of the current call: nothing that it says from now on moves the table. */
  #leave(): Call | undefined {
    const call = this.#call;
    this.#handOver?.cancel();
    this.#handOver = undefined;
    this.#call = undefined;
    this.#setLimit(undefined);
    return call;
  }

  #setLimit(timer: Timer | undefined): void {
    this.#limit?.cancel();
    this.#limit = timer;
  }

  #ifCurrent(call: Call, run: () => void): void {
    if (this.#call === call) this.#guard('call event', run);
  }

  /** What goes wrong in one thing must not keep the next from happening. */
  #guard(what: string, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.services.log.error('door.failed', { what, reason: describeError(thrown) });
    }
  }
}

function inSeconds(duration: Millis): string {
  return `${Math.round(duration / 100) / 10} s`;
}

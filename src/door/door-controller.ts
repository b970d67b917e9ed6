// The product: buttons ring people, people's digits open doors, commands do either. It joins the parts of this folder
// and holds no rule of its own; each part fails alone.

import type { CommandRegistry } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type Millis, millis, minutes } from '../base/units.ts';
import { type Call, type Calls, peerAddress, tellOf } from '../call/index.ts';
import { type Configuration, calledBy } from '../config/index.ts';
import type { Board, Keypad, Reader } from '../hardware/ports/index.ts';
import type { DeviceSide, MediaEngine } from '../media/types.ts';
import { type Account, bracketHost, type NameAddress, type Referral, type UserAgent } from '../sip/index.ts';
import { chooseAccount } from './account-choice.ts';
import type { AdmissionPolicy } from './admission.ts';
import { Buttons } from './buttons.ts';
import { CodeLockout } from './code-lockout.ts';
import { CodeReader } from './code-reader.ts';
import { Conversation, type Presser } from './conversation.ts';
import { Credentials } from './credentials.ts';
import { handleCommands } from './door-commands.ts';
import { Doors } from './doors.ts';
import { HeldActions } from './held-actions.ts';
import { type LampState, Lamps } from './lamps.ts';
import { Motion } from './motion.ts';
import { SERVICE_STATES } from './phases.ts';
import { StrangerReports } from './stranger-reports.ts';
import { Tamper, type TamperMemory } from './tamper.ts';
import { TransferPolicy } from './transfer-policy.ts';

/** Names of hosts that buttons call are looked up again so often. */
const LOOKUP_AGAIN: Millis = minutes(5);

export interface DoorServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly journal: Journal;
  readonly commands: CommandRegistry;
  readonly calls: Calls;
  readonly engine: MediaEngine;
  readonly board: Board;
  /** Those of the configuration; left out: there are none. */
  readonly keypads?: readonly Keypad[];
  readonly readers?: readonly Reader[];
  readonly agent: Pick<UserAgent, 'on' | 'registrations' | 'localAddress'>;
  /** As the agent has them, in the order of the file; may be empty. */
  readonly accounts: readonly Account[];
  readonly admission: AdmissionPolicy;
  /** Where the end of a block by the tamper switch is kept; left out: it ends with the service. */
  readonly tamperMemory?: TamperMemory;
}

const NO_MEMORY: TamperMemory = { read: () => '', replace: () => undefined };

/** What the door knows of the service's state. */
export type DoorState = Pick<StateReport, 'state' | 'call' | 'doors' | 'faults'>;

/** The door station. */
export class DoorController {
  readonly #doors: Doors;
  readonly #buttons: Buttons;
  readonly #held: HeldActions;
  readonly #lockout: CodeLockout;
  readonly #credentials: Credentials;
  readonly #conversation: Conversation;
  readonly #strangers: StrangerReports;
  readonly #tamper: Tamper;
  readonly #motion: Motion;
  readonly #lamps: Lamps;
  /** Lines of neither a door nor a button that cannot be had. */
  readonly #missing = new Map<string, string>();
  readonly #readers = new Set<CodeReader>();
  readonly #stops: (() => void)[] = [];
  #admission: AdmissionPolicy;
  #transfers: TransferPolicy;
  #accounts: readonly Account[];
  #lookup: Timer | undefined;

  constructor(
    private readonly services: DoorServices,
    private configuration: Configuration,
  ) {
    this.#admission = services.admission;
    this.#transfers = this.#transferPolicy();
    this.#accounts = services.accounts;
    this.#tamper = new Tamper({ ...services, memory: services.tamperMemory ?? NO_MEMORY });
    this.#doors = new Doors({ ...services, isBlocked: () => this.#tamper.blocks });
    this.#motion = new Motion(services, (button) => this.#ringByMotion(button));
    this.#lamps = new Lamps(services);
    this.#lockout = new CodeLockout(services.clock);
    this.#credentials = new Credentials({
      ...services,
      keypads: services.keypads ?? [],
      readers: services.readers ?? [],
      open: (door, by) => this.#doors.open(door, { by }),
      ring: (button) => this.#press(button, 'finger'),
    });
    this.#strangers = new StrangerReports(services);
    this.#held = new HeldActions(services, {
      ring: (targets, button) => this.#conversation.ring(targets, button),
      open: (door, by) => {
        this.#doors.open(door, { by });
      },
    });
    this.#buttons = new Buttons(
      services,
      (button) => this.#press(button, 'finger'),
      (button) => this.#held.held(button),
    );
    this.#conversation = new Conversation({
      ...services,
      rules: () => ({
        ...this.configuration.calls,
        answer: this.configuration.sip.answer,
        nameDigits: this.configuration.log.digits,
      }),
      accountFor: (target) => this.#accountFor(target),
      mayOpen: (target) => this.#admission.mayOpen(target),
      transfers: () => this.#transfers,
      readDigits: (call) => this.#readDigits(call),
      turnedAway: (call, why) => this.#strangers.report(call.peer, call.sourceAddress ?? call.peer, why),
    });
    handleCommands(services.commands, {
      board: services.board,
      buttons: this.#buttons,
      conversation: this.#conversation,
      doors: this.#doors,
      press: (button) => this.press(button),
      isCalled: (target) => this.#transfers.isCalled(target),
    });
  }

  /** Takes the lines of the board and begins to react. A line that cannot be had is a fault, not an end. */
  start(): void {
    const { board, engine, agent, journal } = this.services;
    this.#stops.push(
      board.onChange(({ line, active }) => {
        // A lamp that blinks is no news, nor is a keypad that is scanned.
        if (!this.#lamps.has(line) && !this.#credentials.scans(line)) journal.record('line.changed', { line, active });
      }),
      journal.subscribe(({ type }) => {
        this.#lamps.show(() => this.#lampState());
        if (type === 'door.opened') engine.announce('opened');
      }),
      engine.on('device', (fault, _at, lost) => this.#deviceChanged(fault, lost)),
      agent.on('refer', (referral, from) => this.#clickToDial(referral, from)),
      agent.on('refused', (peer, source, why) => this.#strangers.report(peer, source.address, why)),
    );
    this.#bind();
    this.#lookHostsUp();
  }

  /** Puts a changed configuration into force: buttons, doors, codes, limits. A call that is up goes on. */
  apply(configuration: Configuration, admission: AdmissionPolicy, accounts: readonly Account[]): void {
    this.configuration = configuration;
    this.#admission = admission;
    this.#transfers = this.#transferPolicy();
    this.#accounts = accounts;
    this.#bind();
    this.#lookHostsUp();
  }

  /** Ends the call, releases every relay, listens to nothing any more. */
  stop(): void {
    this.#lookup?.cancel();
    this.#buttons.release();
    this.#held.stop();
    this.#conversation.stop();
    this.#credentials.stop();
    for (const reader of this.#readers) reader.reset();
    this.#doors.stop();
    this.#tamper.stop();
    this.#motion.stop();
    this.#lamps.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** What the door has to say for `status`. */
  state(): DoorState {
    const missing = [...this.#missing].map(([key, reason]) => `${key}: ${reason}`);
    const faults = [
      ...this.#doors.faults,
      ...this.#buttons.faults,
      ...this.#held.faults,
      ...this.#lamps.faults,
      ...missing,
    ];
    const device = this.services.engine.state.deviceFault;
    if (device !== undefined) faults.push(`sound device: ${device}`);
    const state = SERVICE_STATES[this.#conversation.phase];
    return {
      state: state === 'idle' && (faults.length > 0 || this.#isCutOff()) ? 'fault' : state,
      call: this.#conversation.callState,
      doors: this.#doors.state(),
      faults,
    };
  }

  /** A press of a button by a command. */
  press(button: string): void {
    this.#press(button, 'command');
  }

  /** Somebody who may call in has the door call somebody (RFC 5359 §2.18), where the configuration allows it. */
  #clickToDial(referral: Referral, { uri }: NameAddress): void {
    const { target, replaces } = referral;
    const allowed = this.configuration.sip.clickToDial && replaces === undefined && this.#admission.mayOpen(target);
    const from = peerAddress(uri);
    if (!allowed) {
      this.services.log.warn('door.click-to-dial-refused', { from, to: peerAddress(target) });
      referral.reject({ status: 403, reason: 'Forbidden' });
      return;
    }
    const dialled = this.#conversation.dial(target);
    const call = dialled.ok ? [...this.services.calls.active].find(({ id }) => id === dialled.value) : undefined;
    if (call === undefined) {
      referral.reject({ status: 486, reason: 'Busy Here' });
      return;
    }
    this.services.log.info('door.click-to-dial', { from, call: call.id });
    referral.accept();
    tellOf(call, referral);
  }

  #transferPolicy(): TransferPolicy {
    const { sip, buttons } = this.configuration;
    return new TransferPolicy({
      mode: sip.transfer,
      targets: Object.values(buttons).flatMap(calledBy),
      isKnownPlace: (target) => this.#admission.mayOpen(target),
    });
  }

  #press(button: string, by: Presser): void {
    const targets = this.#buttons.targets(button);
    if (targets === undefined) return;
    this.services.journal.record('button.pressed', { button });
    this.#conversation.press(button, targets, by);
  }

  /** Somebody stands there: rings, unless somebody is rung or talked to already. */
  #ringByMotion(button: string): void {
    const targets = this.#buttons.targets(button);
    if (targets !== undefined && this.#conversation.phase === 'idle') {
      this.#conversation.press(button, targets, 'command');
    }
  }

  #bind(): void {
    const { doors, buttons, tamper, motion, lamps } = this.configuration;
    this.#doors.bind(doors);
    this.#credentials.bind(this.configuration);
    this.#held.bind(buttons);
    this.#buttons.bind(buttons);
    this.#missing.clear();
    this.#bindOr('tamper', () => this.#tamper.bind(tamper));
    this.#bindOr('motion', () => this.#motion.bind(motion));
    this.#lamps.bind(lamps);
    this.#lamps.show(() => this.#lampState());
  }

  /** A line that cannot be had is a fault, not an end. */
  #bindOr(key: 'tamper' | 'motion', bind: () => void): void {
    try {
      bind();
    } catch (thrown) {
      const what = describeError(thrown);
      this.#missing.set(key, what);
      this.services.journal.record('fault', { what: `${key} has no line: ${what}`, mend: `check ${key}.line` });
    }
  }

  /** What lamps show: the most urgent of what there is. */
  #lampState(): LampState {
    const { state, doors, faults } = this.state();
    if (Object.values(doors).some(({ open }) => open)) return 'open';
    if (state === 'talking' || state === 'ringing') return state;
    if (faults.length > 0) return 'fault';
    const { registrations } = this.services.agent;
    return registrations.some(({ account, registered }) => account.register && !registered) ? 'offline' : 'idle';
  }

  /** Every way out has been refused or lost: the button cannot do what it is there for. */
  #isCutOff(): boolean {
    const { registrations } = this.services.agent;
    return (
      registrations.length > 0 &&
      registrations.every((state) => state.account.register && !state.registered && state.reason !== null)
    );
  }

  #accountFor(target: string): Account {
    const { agent } = this.services;
    const chosen = chooseAccount(target, this.#accounts, agent.registrations);
    if (chosen !== undefined) return chosen;
    // Peer to peer without an account: an address that the peer can call back.
    const address = agent.localAddress(target);
    return {
      uri: `sip:door@${bracketHost(address)}`,
      displayName: this.configuration.name,
      expires: millis(0),
      register: false,
    };
  }

  #readDigits(call: Call): (digit: string, at: Millis) => void {
    const reader = new CodeReader({
      clock: this.services.clock,
      lockout: this.#lockout,
      codes: () => this.#doors.codes,
      caller: {
        name: call.caller?.key ?? call.peer,
        source: call.direction === 'incoming' ? (call.sourceAddress ?? '') : undefined,
      },
      opens: (doors) => {
        for (const door of doors) this.#doors.open(door, { by: call.peer, call: call.id });
      },
      refused: ({ attempts, lockedFor }) => {
        const fields = { call: call.id, peer: call.peer, attempts };
        const locked = lockedFor === undefined ? {} : { lockedForMs: Math.ceil(lockedFor) };
        this.services.journal.record('code.refused', { ...fields, ...locked });
        // The last pause may end after the call; there is nothing to remember of it then.
        if (call.state === 'ended') this.#readers.delete(reader);
      },
    });
    this.#readers.add(reader);
    call.on('ended', () => {
      if (!reader.isCollecting) this.#readers.delete(reader);
    });
    return (digit, at) => reader.take(digit, at);
  }

  #deviceChanged(fault: string | undefined, lost: readonly DeviceSide[]): void {
    const { journal, engine } = this.services;
    const { device } = engine.state;
    if (fault === undefined) {
      journal.record('audio.found', { device });
      return;
    }
    journal.record('audio.lost', { device, why: fault });
    journal.record('fault', {
      what: `the sound device has failed: ${fault}`,
      mend: 'check its cable and audio.device; it is tried again, and the button rings meanwhile',
    });
    const call = this.#conversation.callId;
    if (call === undefined) return;
    for (const leg of lost) journal.record('media.lost', { call, leg });
  }

  #lookHostsUp(): void {
    this.#lookup?.cancel();
    this.#lookup = this.services.clock.after(LOOKUP_AGAIN, 'admission lookup', () => this.#lookHostsUp());
    this.#admission.refresh().catch((thrown: unknown) => {
      this.services.log.error('admission.lookup-failed', { reason: describeError(thrown) });
    });
  }
}

// One RS-485 line with its modules: one is asked at a time, waited for, and asked again a few times. Between messages there
// is silence of 3.5 characters (MODBUS over Serial Line V1.02 §2.5.1.1). An answer is known by its length: what USB makes
// of silences inside is not to be relied on.

import type { Clock, Timer } from '../../../base/clock.ts';
import { err, type Result } from '../../../base/result.ts';
import { type Millis, millis } from '../../../base/units.ts';
import { type SerialDevice, SerialPort, type SerialServices } from '../serial/serial-port.ts';
import {
  answerBytes,
  isWhole,
  type ModbusFault,
  type ModbusRequest,
  readAnswer,
  writeRequest,
} from './modbus-frames.ts';

/** Why a module has not done what it was asked. */
export interface BusFault {
  readonly kind: ModbusFault['kind'] | 'silent' | 'no-line';
  readonly why: string;
}

/** One question, and who waits for its answer. */
export interface Question {
  readonly unit: number;
  readonly request: ModbusRequest;
  /** How long the module may think. */
  readonly answerWithin: Millis;
  /** How often it is asked at the most. */
  readonly tries: number;
  readonly answered: (answer: Result<readonly boolean[], BusFault>) => void;
}

/** Who uses a line. */
export interface BusUser {
  /** The line is there: all modules are to be looked for. */
  opened(): void;
  lost(why: string): void;
}

/** Bits of a character with start, parity and stop (§2.5.1). */
const CHARACTER_BITS = 11;
const SILENT_CHARACTERS = 3.5;
/** Above this rate the silence is 1.75 ms whatever the rate (§2.5.1.1). */
const HIGHEST_RATE = 19_200;
const SHORTEST_SILENCE = 1.75;
/** No answer of ours is longer (2000 coils, §6.1). */
const MOST_BYTES = 256;
/** A line that is never silent for so long is noise. */
const MOST_NOISE = 500;
/** How long the line is left alone at the end of the process after a question that nobody waits for. */
const LAST_ANSWER = 30;

/** One line. */
export class ModbusBus {
  readonly #port: SerialPort;
  readonly #characterTime: number;
  readonly #silence: number;
  readonly #urgent: Question[] = [];
  readonly #usual: Question[] = [];
  readonly #users: BusUser[] = [];
  #current: { readonly question: Question; triesLeft: number } | undefined;
  #received: number[] = [];
  /** When the line was used last. */
  #used: number;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    device: SerialDevice,
    private readonly services: SerialServices,
  ) {
    const { baud } = device.settings;
    this.#characterTime = (CHARACTER_BITS * 1000) / baud;
    this.#silence = baud > HIGHEST_RATE ? SHORTEST_SILENCE : SILENT_CHARACTERS * this.#characterTime;
    this.#used = services.clock.now();
    this.#port = new SerialPort(device, services, {
      opened: () => {
        for (const user of this.#users) user.opened();
      },
      received: (bytes) => this.#take(bytes),
      lost: (why) => this.#lost(why),
    });
  }

  get clock(): Clock {
    return this.services.clock;
  }

  get path(): string {
    return this.#port.device.path;
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  add(user: BusUser): void {
    this.#users.push(user);
  }

  start(): void {
    this.#port.start();
  }

  /** @param urgent before all that is not: somebody waits at the door */
  ask(question: Question, urgent = false): void {
    if (!this.#port.isOpen) {
      question.answered(err({ kind: 'no-line', why: `${this.path} is not there` }));
      return;
    }
    (urgent ? this.#urgent : this.#usual).push(question);
    this.#next();
  }

  /** Takes back what a module has not been asked yet: what it was to do then is not what it is to do now. */
  forget(unit: number): void {
    for (const questions of [this.#urgent, this.#usual]) {
      const others = questions.splice(0).filter((question) => question.unit !== unit);
      questions.push(...others);
    }
  }

  /** Sends at once, waits for the time that it takes, and for no answer: the process ends. */
  tellNow(unit: number, request: ModbusRequest): void {
    const { system } = this.services;
    system.sleep(this.#silence);
    const message = writeRequest(unit, request);
    this.#port.write(message);
    system.sleep((message.length + answerBytes(request)) * this.#characterTime + LAST_ANSWER);
  }

  /** Nobody is answered any more. Safe to call again. */
  close(): void {
    this.#closed = true;
    this.#drop();
    this.#port.close();
  }

  #next(): void {
    if (this.#current !== undefined || this.#closed) return;
    const question = this.#urgent.shift() ?? this.#usual.shift();
    if (question === undefined) return;
    this.#current = { question, triesLeft: question.tries };
    this.#sendWhenSilent();
  }

  #sendWhenSilent(since = this.clock.now()): void {
    const now = this.clock.now();
    const wait = this.#used + this.#silence - now;
    this.#timer?.cancel();
    if (wait <= 0) this.#send();
    else if (now - since > MOST_NOISE) this.#end(err({ kind: 'garbled', why: 'its line is never silent' }));
    else this.#timer = this.clock.after(millis(wait), 'silence of a Modbus line', () => this.#sendWhenSilent(since));
  }

  #send(): void {
    const current = this.#current;
    if (current === undefined) return;
    const { unit, request, answerWithin } = current.question;
    const message = writeRequest(unit, request);
    current.triesLeft -= 1;
    this.#received = [];
    const onTheLine = (message.length + answerBytes(request)) * this.#characterTime;
    this.#used = this.clock.now() + message.length * this.#characterTime;
    this.#timer = this.clock.after(millis(onTheLine + answerWithin), 'answer of a Modbus module', () => this.#late());
    if (!this.#port.write(message) && this.#port.isOpen) this.#end(err({ kind: 'silent', why: 'the line is stuck' }));
  }

  #take(bytes: Uint8Array): void {
    this.#used = this.clock.now();
    const current = this.#current;
    // What comes late, or unasked, answers nothing.
    if (current === undefined) return;
    this.#received.push(...bytes.subarray(0, MOST_BYTES - this.#received.length));
    const { unit, request } = current.question;
    const received = Uint8Array.from(this.#received);
    if (!isWhole(received, request)) return;
    const answer = readAnswer(unit, request, received);
    if (answer.ok || answer.error.kind === 'exception') this.#end(answer);
  }

  /** Nothing has come, or nothing that makes sense. */
  #late(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (current.triesLeft > 0) {
      this.#sendWhenSilent();
      return;
    }
    const isSilent = this.#received.length === 0;
    const why = isSilent ? 'it does not answer' : 'its answers make no sense';
    this.#end(err({ kind: isSilent ? 'silent' : 'garbled', why }));
  }

  #end(answer: Result<readonly boolean[], BusFault>): void {
    const current = this.#current;
    this.#timer?.cancel();
    this.#current = undefined;
    current?.question.answered(answer);
    this.#next();
  }

  #lost(why: string): void {
    const unanswered = this.#drop();
    const fault = err({ kind: 'no-line' as const, why });
    for (const { answered } of unanswered) answered(fault);
    for (const user of this.#users) user.lost(why);
  }

  #drop(): readonly Question[] {
    this.#timer?.cancel();
    const unanswered = [...this.#urgent.splice(0), ...this.#usual.splice(0)];
    if (this.#current !== undefined) unanswered.unshift(this.#current.question);
    this.#current = undefined;
    return unanswered;
  }
}

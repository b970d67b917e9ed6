// One Modbus module: its relays are driven off before anything else, whenever it is there again, and looked at every two
// seconds; its inputs are read as often as the configuration says. A relay that is not confirmed is not on.

import type { Timer } from '../../../base/clock.ts';
import { DoorphoneError } from '../../../base/errors.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { type Millis, millis, minutes, seconds } from '../../../base/units.ts';
import type { SerialReports } from '../serial/serial-port.ts';
import type { LineModule, ModuleListener } from './line-module.ts';
import type { BusFault, ModbusBus } from './modbus-bus.ts';
import type { ModbusRequest } from './modbus-frames.ts';

export interface ModbusModuleOptions {
  readonly name: string;
  /** Its number on the line, 1 to 247. */
  readonly unit: number;
  readonly relays: number;
  readonly inputs: number;
  /** How often its inputs are read. */
  readonly poll: Millis;
  readonly answerWithin: Millis;
  readonly bus: ModbusBus;
  readonly reports: SerialReports;
  readonly listener: ModuleListener;
}

const LOOK_AGAIN = seconds(2);
/** After the first failure: a relay that may be on is not to wait. */
const LOOK_AT_ONCE = millis(100);
const TRIES = 3;
/** A module that comes and goes is told of so often at once, and once a minute then. */
const REPORTS = 3;
const MEND = 'check its power, its number, the baud rate and the wires';

/** A module. */
export class ModbusModule implements LineModule {
  readonly #relays = new Set<number>();
  readonly #inputs = new Set<number>();
  /** Relays that are told to be on; those that have been, and are not known to be off. */
  readonly #on = new Set<number>();
  readonly #unsure = new Set<number>();
  /** Relays with a message under way. */
  readonly #writing = new Set<number>();
  #active: readonly boolean[] = [];
  /** Whether it answers, and every relay has been driven off. */
  #ready = false;
  #fault: string | undefined;
  #lostSaid = false;
  #changes = 0;
  #looks: Timer | undefined;
  #polls: Timer | undefined;
  #closed = false;
  readonly #told: TokenBucket;
  readonly #strayTold: TokenBucket;
  readonly #waiting: ((fault: string | undefined) => void)[] = [];

  constructor(private readonly options: ModbusModuleOptions) {
    const { bus } = options;
    this.#told = new TokenBucket(bus.clock, REPORTS, minutes(1));
    this.#strayTold = new TokenBucket(bus.clock, 1, minutes(1));
    bus.add({ opened: () => this.#find(), lost: (why) => this.#lose({ kind: 'no-line', why }) });
  }

  get relays(): number {
    return this.options.relays;
  }

  get inputs(): number {
    return this.options.inputs;
  }

  useRelay(relay: number): void {
    if (this.#relays.has(relay)) return;
    this.#relays.add(relay);
    if (this.#ready) this.#write(relay);
  }

  useInput(input: number): void {
    this.#inputs.add(input);
    if (this.#ready && this.#polls === undefined) this.#poll();
  }

  isOn(relay: number): boolean {
    return this.#on.has(relay);
  }

  isActive(input: number): boolean {
    return this.#active[input - 1] === true;
  }

  drive(relay: number, on: boolean): void {
    if (!on) this.#on.delete(relay);
    if (!on && !this.#unsure.has(relay)) return;
    if (!this.#ready) {
      const what = this.#fault ?? 'it has not answered yet';
      const { name } = this.options;
      throw new DoorphoneError('line-failed', `relay ${relay} of module ${name} cannot be driven: ${what}`, {
        mend: MEND,
      });
    }
    if (on) {
      this.#on.add(relay);
      this.#unsure.add(relay);
    }
    this.#changes += 1;
    this.#write(relay);
  }

  released(): Promise<string | undefined> {
    if (this.#ready && this.#unsure.size === 0 && this.#writing.size === 0) return Promise.resolve(undefined);
    if (!this.#ready && this.#fault !== undefined) return Promise.resolve(this.#fault);
    return new Promise((done) => this.#waiting.push(done));
  }

  releaseNow(): void {
    const { bus, unit } = this.options;
    for (const relay of this.#unsure) {
      if (bus.isOpen) bus.tellNow(unit, { kind: 'write-coil', coil: relay - 1, on: false });
    }
    this.#on.clear();
    this.#unsure.clear();
  }

  close(): void {
    this.#closed = true;
    this.releaseNow();
    this.#looks?.cancel();
    this.#polls?.cancel();
    this.options.bus.close();
  }

  /** Looks whether it is there; then drives its relays off, one after another. */
  #find(): void {
    this.#looks?.cancel();
    this.#ask(this.#readAll(), 1, () => this.#release(new Set()));
  }

  /** @param off what has been driven off; more may be taken meanwhile */
  #release(off: ReadonlySet<number>): void {
    const relay = [...this.#relays].find((one) => !off.has(one));
    if (relay === undefined) {
      this.#found();
      return;
    }
    this.#ask({ kind: 'write-coil', coil: relay - 1, on: false }, TRIES, () => {
      this.#unsure.delete(relay);
      this.#release(new Set([...off, relay]));
    });
  }

  #found(): void {
    this.#fault = undefined;
    this.#ready = true;
    if (this.#lostSaid && this.#told.take()) this.#sayFound();
    this.#settle();
    this.#lookAgain(() => this.#check());
    if (this.#inputs.size > 0) this.#poll();
  }

  /** Relays do as they are told, or somebody hears of it. */
  #check(): void {
    this.#sayFound();
    const changes = this.#changes;
    this.#ask(this.#readAll(), TRIES, (bits) => {
      if (this.options.relays > 0 && changes === this.#changes && this.#writing.size === 0) this.#compare(bits);
      this.#lookAgain(() => this.#check());
    });
  }

  #compare(bits: readonly boolean[]): void {
    for (const relay of this.#relays) {
      const is = bits[relay - 1] === true;
      if (is === this.#on.has(relay)) continue;
      this.#on.delete(relay);
      if (is) {
        this.#unsure.add(relay);
        this.#write(relay);
      } else this.#unsure.delete(relay);
      if (is && !this.#strayTold.take()) continue;
      this.options.listener.relayFailed(relay, is ? 'it was on, and nobody had switched it on' : 'it has let go');
    }
  }

  #poll(): void {
    const { clock } = this.options.bus;
    this.#ask({ kind: 'read-inputs', first: 0, count: this.options.inputs }, TRIES, (bits) => {
      this.#take(bits);
      this.#polls = clock.after(this.options.poll, 'inputs of a Modbus module', () => this.#poll());
    });
  }

  #take(bits: readonly boolean[]): void {
    const before = this.#active;
    this.#active = bits;
    for (const input of this.#inputs) {
      const active = bits[input - 1] === true;
      if (active === (before[input - 1] === true)) continue;
      this.options.listener.inputChanged(input, active, this.options.bus.clock.now());
    }
  }

  /** Tells a relay what it is to do now; once more when that has changed meanwhile. */
  #write(relay: number): void {
    if (this.#writing.has(relay)) return;
    this.#writing.add(relay);
    const on = this.#on.has(relay);
    const written = (): void => {
      this.#writing.delete(relay);
      if (on !== this.#on.has(relay)) this.#write(relay);
      else if (!on) this.#unsure.delete(relay);
      if (this.#unsure.size === 0) this.#settle();
    };
    this.#ask({ kind: 'write-coil', coil: relay - 1, on }, TRIES, written, true);
  }

  #ask(request: ModbusRequest, tries: number, done: (bits: readonly boolean[]) => void, urgent = false): void {
    const { bus, unit, answerWithin } = this.options;
    bus.ask(
      {
        unit,
        request,
        answerWithin,
        tries,
        answered: (answer) => {
          if (this.#closed) return;
          if (answer.ok) done(answer.value);
          else this.#lose(answer.error);
        },
      },
      urgent,
    );
  }

  /** All that it has, in one message. */
  #readAll(): ModbusRequest {
    const { relays, inputs } = this.options;
    return relays > 0
      ? { kind: 'read-coils', first: 0, count: relays }
      : { kind: 'read-inputs', first: 0, count: inputs };
  }

  /** It does not do what it is asked: nobody is to think any relay on, or a button pressed. */
  #lose({ kind, why }: BusFault): void {
    const failed = [...new Set([...this.#on, ...this.#unsure])];
    const wasReady = this.#ready;
    this.#ready = false;
    this.#fault = why;
    this.#on.clear();
    this.#writing.clear();
    this.options.bus.forget(this.options.unit);
    this.#polls?.cancel();
    this.#polls = undefined;
    // The line's own report has said it, and when it is back it tells.
    if (kind === 'no-line') this.#looks?.cancel();
    else {
      this.#sayLost(why);
      this.#lookAgain(() => this.#find(), wasReady ? LOOK_AT_ONCE : LOOK_AGAIN);
    }
    if (wasReady) for (const relay of failed) this.options.listener.relayFailed(relay, why);
    this.#take([]);
    this.#settle();
  }

  #lookAgain(look: () => void, wait: Millis = LOOK_AGAIN): void {
    this.#looks?.cancel();
    this.#looks = this.options.bus.clock.after(wait, 'a Modbus module', look);
  }

  get #device(): string {
    const { name, unit, bus } = this.options;
    return `module ${name} (${unit} at ${bus.path})`;
  }

  #sayLost(why: string): void {
    if (this.#lostSaid) return;
    this.#lostSaid = true;
    this.options.reports.lost(this.#device, `${this.#device}: ${why}`, MEND);
  }

  #sayFound(): void {
    if (this.#lostSaid) this.options.reports.found(this.#device);
    this.#lostSaid = false;
  }

  #settle(): void {
    const fault = this.#ready ? undefined : this.#fault;
    if (this.#ready && this.#writing.size > 0) return;
    for (const done of this.#waiting.splice(0)) done(fault);
  }
}

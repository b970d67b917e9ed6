// The lines of GPIO chips, taken: an input that tells its changes, an output that is driven. The kernel's name for who has
// them is ours, so that `gpioinfo` shows it.

import { getSystemErrorName } from 'node:util';
import type { Clock, Timer } from '../../../base/clock.ts';
import { DoorphoneError, describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { type Millis, millis, seconds } from '../../../base/units.ts';
import type { LineChange } from '../../ports/index.ts';
import type { Chips, LinePlace } from './chips.ts';
import { Debouncer } from './debouncer.ts';
import type { GpioSystem, LineRequest } from './gpio-system.ts';
import type { Bias, Drive, LineSettings } from './line-settings.ts';

/** Says a fault that lasts, and that it is over. */
export interface LineFaults {
  begin(key: string, what: string, mend: string): void;
  end(key: string): void;
}

/** The surroundings of a line. */
export interface LineServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly system: GpioSystem;
  readonly chips: Chips;
  readonly faults: LineFaults;
}

/** What a line is. */
export interface LineIdentity {
  /** As the configuration has it. */
  readonly name: string;
  readonly settings: LineSettings;
  /** Looked up anew where a chip was gone. @throws DoorphoneError `unknown-line` */
  readonly find: () => LinePlace;
}

const BIASES: Readonly<Record<Bias, number>> = { 'as-is': 0, 'pull-up': 1, 'pull-down': 2, none: 3 };
const DRIVES: Readonly<Record<Drive, number>> = { 'push-pull': 0, 'open-drain': 1, 'open-source': 2 };
const TRY_AGAIN = seconds(5);
/** What a kernel answers whose chip has no such property. */
const NOT_SUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'Unknown system error -524']);

/** An input: its level counts when it has stood for the time of its debounce. */
export class GpioInput {
  #lines: number | undefined;
  #unwatch: () => void = () => undefined;
  #debouncer: Debouncer | undefined;
  #again: Timer | undefined;
  #active = false;
  #sequence = 0;

  /** @param changed a change that counts. @throws DoorphoneError `line-busy`, `line-failed`, `unknown-line` */
  constructor(
    readonly identity: LineIdentity,
    private readonly services: LineServices,
    private readonly changed: (change: LineChange) => void,
  ) {
    this.#take();
  }

  get active(): boolean {
    return this.#active;
  }

  close(): void {
    this.#again?.cancel();
    this.#letGo();
  }

  #take(): void {
    const { system } = this.services;
    const { lines, isDebounced } = this.#request();
    const { debounce } = this.identity.settings;
    this.#lines = lines;
    this.#sequence = 0;
    this.#active = system.read(lines, 1) === 1;
    if (!isDebounced) {
      const settled = (active: boolean, at: Millis): void => this.#settle(active, at);
      this.#debouncer = new Debouncer(this.services.clock, debounce, this.#active, settled);
    }
    this.#unwatch = system.watch(lines, () => this.#look());
  }

  /** The kernel waits out the bouncing where it can: its time stamps are better than ours. */
  #request(): { readonly lines: number; readonly isDebounced: boolean } {
    const { debounce } = this.identity.settings;
    const wanted = requestFor(this.identity, { output: false, debounce });
    const first = tryTake(this.identity, this.services, wanted);
    if (typeof first === 'number') return { lines: first, isDebounced: true };
    if (debounce === 0 || !NOT_SUPPORTED.has(first.reason)) throw first.error;
    const bare = tryTake(this.identity, this.services, { ...wanted, debounceUs: 0 });
    if (typeof bare !== 'number') throw bare.error;
    return { lines: bare, isDebounced: false };
  }

  #look(): void {
    const lines = this.#lines;
    if (lines === undefined) return;
    for (;;) {
      const edges = this.services.system.edges(lines);
      if (typeof edges === 'number') {
        this.#lost(getSystemErrorName(edges));
        return;
      }
      const last = edges.at(-1);
      if (last === undefined) return;
      const isWhole = last.sequence === this.#sequence + edges.length;
      this.#sequence = last.sequence;
      if (!isWhole) this.services.log.warn('line.edges-lost', { line: this.identity.name });
      for (const { active, at } of edges) this.#edge(active, millis(at));
      // What was lost may have been the last one.
      if (!isWhole) this.#edge(this.services.system.read(lines, 1) === 1, this.services.clock.now());
    }
  }

  #edge(active: boolean, at: Millis): void {
    if (this.#debouncer === undefined) this.#settle(active, at);
    else this.#debouncer.edge(active);
  }

  #settle(active: boolean, at: Millis): void {
    if (active === this.#active) return;
    this.#active = active;
    const { clock, log } = this.services;
    const afterMs = Math.round(1000 * (clock.now() - at)) / 1000;
    this.changed({ active, at });
    // How long the edge took to come here, from the kernel's time stamp on; written behind what it led to.
    log.debug('line.edge', { line: this.identity.name, active, afterMs });
  }

  /** The chip is gone: whatever it said before, nobody presses now. */
  #lost(reason: string): void {
    const { name } = this.identity;
    this.services.faults.begin(`line ${name}`, `line ${name} is gone (${reason})`, 'look after its chip and its wires');
    this.#letGo();
    this.services.chips.close();
    this.#settle(false, this.services.clock.now());
    this.#tryAgain();
  }

  #tryAgain(): void {
    const { clock, faults, log } = this.services;
    const { name } = this.identity;
    this.#again = clock.after(TRY_AGAIN, 'a line that was lost', () => {
      try {
        this.services.chips.close();
        this.#take();
        faults.end(`line ${name}`);
      } catch (thrown) {
        log.debug('line.still-lost', { line: name, reason: describeError(thrown) });
        this.#tryAgain();
      }
    });
  }

  #letGo(): void {
    const lines = this.#lines;
    this.#lines = undefined;
    this.#debouncer?.stop();
    this.#debouncer = undefined;
    this.#unwatch();
    this.#unwatch = () => undefined;
    if (lines !== undefined) this.services.system.close(lines);
  }
}

/** An output: inactive from the moment in which it becomes one. */
export class GpioOutput {
  #lines: number | undefined;
  #active = false;

  /** @throws DoorphoneError `line-busy`, `line-failed`, `unknown-line` */
  constructor(
    readonly identity: LineIdentity,
    private readonly services: LineServices,
  ) {
    this.#lines = this.#take();
  }

  get active(): boolean {
    return this.#active;
  }

  /** @returns whether it has changed. @throws DoorphoneError `line-failed` */
  set(active: boolean): boolean {
    const { name } = this.identity;
    const { system, faults } = this.services;
    // A chip that was pulled out and is back has its line inactive, as it was taken.
    if (this.#lines === undefined) this.services.chips.close();
    this.#lines ??= this.#take();
    const result = system.write(this.#lines, 1, active ? 1 : 0);
    if (result < 0) {
      const reason = getSystemErrorName(result);
      this.#letGo();
      this.services.chips.close();
      this.#active = false;
      const mend = 'look after its chip and its wires';
      faults.begin(`line ${name}`, `line ${name} cannot be driven (${reason})`, mend);
      throw new DoorphoneError('line-failed', `line "${name}" cannot be driven: ${reason}`, { mend });
    }
    faults.end(`line ${name}`);
    const isNew = active !== this.#active;
    this.#active = active;
    return isNew;
  }

  close(): void {
    this.#letGo();
  }

  #take(): number {
    const taken = tryTake(
      this.identity,
      this.services,
      requestFor(this.identity, { output: true, debounce: millis(0) }),
    );
    if (typeof taken !== 'number') throw taken.error;
    return taken;
  }

  #letGo(): void {
    if (this.#lines !== undefined) this.services.system.close(this.#lines);
    this.#lines = undefined;
  }
}

type Wanted = Omit<LineRequest, 'offsets'>;

function requestFor(
  { settings: { activeLow, bias, drive } }: LineIdentity,
  { output, debounce }: { readonly output: boolean; readonly debounce: Millis },
): Wanted {
  return {
    consumer: 'doorphone',
    output,
    activeLow,
    bias: BIASES[bias],
    drive: DRIVES[drive],
    debounceUs: Math.round(debounce * 1000),
    initial: 0,
  };
}

/** @returns the descriptor of the line, or why there is none */
function tryTake(
  { name, find }: LineIdentity,
  { system, chips }: LineServices,
  wanted: Wanted,
): number | { readonly reason: string; readonly error: DoorphoneError } {
  const place = find();
  const chip = chips.chip(place.chip);
  if (chip === undefined || place.offset >= chip.lines) {
    throw new DoorphoneError('unknown-line', `line "${name}" is at ${place.chip}:${place.offset}, which is not there`, {
      mend: 'look at `doorphone board`',
    });
  }
  const taken = system.take(chip.descriptor, { ...wanted, offsets: [place.offset] });
  if (taken >= 0) return taken;
  const reason = getSystemErrorName(taken);
  const line = system.describeLine(chip.descriptor, place.offset);
  const where = `line "${name}" (${chip.label} ${place.offset})`;
  if (reason === 'EBUSY') {
    const who = typeof line === 'number' || line.consumer === '' ? 'another program' : `"${line.consumer}"`;
    const mend = 'end that program, take the line out of its device-tree overlay, or name another line';
    return { reason, error: new DoorphoneError('line-busy', `${where} is in use by ${who}`, { mend }) };
  }
  const mend = 'look at `doorphone board`';
  return { reason, error: new DoorphoneError('line-failed', `${where} cannot be taken: ${reason}`, { mend }) };
}

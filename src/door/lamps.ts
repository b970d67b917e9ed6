// Lamps that show how it stands with the door: one thing at a time, the most urgent first.

import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis } from '../base/units.ts';
import type { Configuration, LampConfiguration, LampPattern } from '../config/index.ts';
import type { Board, OutputLine } from '../hardware/ports/index.ts';

/** What there is to show, the most urgent first. */
export const LAMP_STATES = ['open', 'talking', 'ringing', 'fault', 'offline', 'idle'] as const;
export type LampState = (typeof LAMP_STATES)[number];

export interface LampServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly board: Board;
}

/** How long a lamp is on and off by turns. */
const PATTERNS: Readonly<Record<Exclude<LampPattern, 'on' | 'off'>, readonly [on: Millis, off: Millis]>> = {
  blink: [millis(500), millis(500)],
  fast: [millis(125), millis(125)],
  flash: [millis(100), millis(1900)],
};

/** One lamp. */
class Lamp {
  #pattern: LampPattern | undefined;
  #timer: Timer | undefined;

  constructor(
    readonly configuration: LampConfiguration,
    private readonly line: OutputLine,
    private readonly services: LampServices,
  ) {}

  show(state: LampState): void {
    const pattern = this.configuration[state];
    if (pattern === this.#pattern) return;
    this.#pattern = pattern;
    this.#timer?.cancel();
    if (pattern === 'on' || pattern === 'off') this.#set(pattern === 'on');
    else this.#turn(PATTERNS[pattern], true);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#pattern = undefined;
    this.#set(false);
  }

  #turn(times: readonly [Millis, Millis], on: boolean): void {
    this.#set(on);
    this.#timer = this.services.clock.after(times[on ? 0 : 1], 'lamp', () => this.#turn(times, !on));
  }

  /** A lamp that does not burn stops nothing. */
  #set(on: boolean): void {
    try {
      this.line.set(on);
    } catch (thrown) {
      this.services.log.debug('lamp.failed', { line: this.line.name, reason: describeError(thrown) });
    }
  }
}

/** All lamps of the configuration. One whose line cannot be had is a fault; the others burn. */
export class Lamps {
  readonly #lamps = new Map<string, Lamp>();
  readonly #broken = new Map<string, string>();

  constructor(private readonly services: LampServices) {}

  get faults(): readonly string[] {
    return [...this.#broken].map(([lamp, reason]) => `lamp ${lamp}: ${reason}`);
  }

  /** Whether a line is a lamp's: what it does is no news. */
  has(line: string): boolean {
    return [...this.#lamps.values()].some(({ configuration }) => configuration.line === line);
  }

  bind(lamps: Configuration['lamps']): void {
    this.stop();
    this.#broken.clear();
    for (const [name, configuration] of Object.entries(lamps)) {
      try {
        const line = this.services.board.output(configuration.line);
        this.#lamps.set(name, new Lamp(configuration, line, this.services));
      } catch (thrown) {
        this.#broken.set(name, describeError(thrown));
      }
    }
  }

  /** @param state looked up only where there is a lamp */
  show(state: () => LampState): void {
    if (this.#lamps.size === 0) return;
    const shown = state();
    for (const lamp of this.#lamps.values()) lamp.show(shown);
  }

  stop(): void {
    for (const lamp of this.#lamps.values()) lamp.stop();
    this.#lamps.clear();
  }
}

// The switch of the housing: whoever opens it may be after the wires of the relay. Where the configuration says so, no door
// opens for a while; that while outlives a restart, which is what pulling the plug would be.

import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { TamperConfiguration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';

/** Where the end of a block is kept. */
export interface TamperMemory {
  /** Empty where nothing is kept. */
  read(): string;
  replace(text: string): void;
}

export interface TamperServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly board: Board;
  readonly memory: TamperMemory;
}

/** No clock goes wrong by so much for the better: an end that is further away is not believed. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/** The tamper switch. */
export class Tamper {
  #leave: (() => void) | undefined;
  #isActive: () => boolean = () => false;
  #blockFor: number | undefined;
  /** In ms since 1970. */
  #until: number;

  constructor(private readonly services: TamperServices) {
    this.#until = this.#remembered();
  }

  /** Whether no door may open. */
  get blocks(): boolean {
    if (this.#blockFor === undefined) return false;
    return this.#isActive() || this.services.clock.wall().getTime() < this.#until;
  }

  /** Takes the line of a configuration in the place of the one before. @throws DoorphoneError when it cannot be had */
  bind(configuration: TamperConfiguration | undefined): void {
    this.stop();
    this.#blockFor = configuration?.blockFor;
    if (configuration === undefined) return;
    const line = this.services.board.input(configuration.line);
    this.#isActive = () => line.active;
    this.#leave = line.onChange(({ active }) => this.#changed(active));
    if (line.active) this.#changed(true);
  }

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
    this.#isActive = () => false;
  }

  #changed(active: boolean): void {
    const { journal, clock } = this.services;
    if (this.#blockFor !== undefined) this.#remember(clock.wall().getTime() + this.#blockFor);
    const blocked = this.#blockFor === undefined ? {} : { blockedForMs: this.#blockFor };
    if (active) journal.record('tamper.detected', blocked);
    else journal.record('tamper.over', blocked);
  }

  #remembered(): number {
    try {
      const until = Number(this.services.memory.read().trim());
      const latest = this.services.clock.wall().getTime() + LONGEST_MS;
      return Number.isFinite(until) ? Math.min(until, latest) : 0;
    } catch (thrown) {
      this.services.log.error('tamper.not-read', { reason: describeError(thrown) });
      return 0;
    }
  }

  #remember(until: number): void {
    this.#until = until;
    try {
      this.services.memory.replace(`${until}\n`);
    } catch (thrown) {
      this.services.log.error('tamper.not-written', { reason: describeError(thrown) });
    }
  }
}

// Looks after the registrars of better groups while a worse one serves, and says when one of them is back for good: it
// has answered every question for a while. One that came back and was lost again soon has to prove itself for longer: a
// server that flaps must not take the door along.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { Registrar } from './server-walk.ts';

/** How often a better registrar is asked. A fleet of 200 brings it 20 small requests a second. */
const PROBE_INTERVAL = seconds(10);
/** How long it has to answer before it is moved to. */
const FIRST_PROOF = seconds(30);
const LONGEST_PROOF = minutes(30);
/** Lost again within this time it counts as flapping. */
const FLAPPING = minutes(5);

export interface FailBackOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks a registrar whether it serves; `done` is called once, unless the question is stopped by what is returned. */
  readonly probe: (registrar: Registrar, done: (serves: boolean) => void) => () => void;
  /** That registrar is back. It is told once; the watch is over then. */
  readonly back: (registrar: Registrar) => void;
}

/** What is known of one better registrar. */
interface Watch {
  timer: Timer | undefined;
  stop: () => void;
  /** Since when it has answered every question. */
  servesSince: Millis | undefined;
}

/** The way back to the best registrar that serves. */
export class FailBack {
  readonly #watches = new Map<Registrar, Watch>();
  readonly #proofs = new Map<Registrar, Millis>();
  /** When each was moved to. */
  readonly #movedAt = new Map<Registrar, Millis>();

  constructor(private readonly options: FailBackOptions) {}

  get watching(): boolean {
    return this.#watches.size > 0;
  }

  /** Begins to ask these, and no others. */
  watch(registrars: readonly Registrar[]): void {
    this.stop();
    for (const registrar of registrars) {
      const watch: Watch = { timer: undefined, stop: () => undefined, servesSince: undefined };
      this.#watches.set(registrar, watch);
      this.#askLater(registrar, watch);
    }
  }

  stop(): void {
    for (const watch of this.#watches.values()) {
      watch.timer?.cancel();
      watch.stop();
    }
    this.#watches.clear();
  }

  /** It serves no longer. */
  lost(registrar: Registrar): void {
    const moved = this.#movedAt.get(registrar);
    this.#movedAt.delete(registrar);
    if (moved === undefined) return;
    const flaps = this.options.clock.now() - moved < FLAPPING;
    const proof = flaps ? Math.min(LONGEST_PROOF, 2 * this.#proofOf(registrar)) : FIRST_PROOF;
    this.#proofs.set(registrar, millis(proof));
  }

  #proofOf(registrar: Registrar): Millis {
    return this.#proofs.get(registrar) ?? FIRST_PROOF;
  }

  #askLater(registrar: Registrar, watch: Watch): void {
    const { clock, random } = this.options;
    const wait = millis(PROBE_INTERVAL * (0.8 + 0.4 * random.uniform()));
    watch.timer = clock.after(wait, 'registrar probe', () => {
      watch.stop = this.options.probe(registrar, (serves) => this.#answered(registrar, watch, serves));
    });
  }

  #answered(registrar: Registrar, watch: Watch, serves: boolean): void {
    if (this.#watches.get(registrar) !== watch) return;
    const now = this.options.clock.now();
    if (!serves) watch.servesSince = undefined;
    else watch.servesSince ??= now;
    if (watch.servesSince === undefined || now - watch.servesSince < this.#proofOf(registrar)) {
      this.#askLater(registrar, watch);
      return;
    }
    this.stop();
    this.#movedAt.set(registrar, now);
    this.options.back(registrar);
  }
}

// The main job of a door, step by step, with the stamps of the sockets, the engine and the board. Pure.

import type { Millis } from '../base/units.ts';

/** The steps in the order in which they must come, and what a person reads. */
export const STEPS = {
  press: 'button pressed',
  invite: 'INVITE on the wire',
  ringing: '180 Ringing',
  answered: '200 OK',
  'rtp-out': 'first RTP, door → phone',
  'rtp-in': 'first RTP, phone → door',
  digit: 'last digit of the code',
  'relay-on': 'relay on: the door is open',
  'relay-off': 'relay off',
  bye: 'BYE',
} as const;

export type Step = keyof typeof STEPS;

export interface Stamp {
  readonly step: Step;
  /** On the machine's monotonic clock. */
  readonly at: Millis;
}

export const STEP_ORDER: readonly Step[] = [
  'press',
  'invite',
  'ringing',
  'answered',
  'rtp-out',
  'rtp-in',
  'digit',
  'relay-on',
  'relay-off',
  'bye',
];

/** Either packet may be the first: the two sides start to send on their own clocks. */
const UNORDERED: ReadonlySet<Step> = new Set(['rtp-out', 'rtp-in']);

/** What was stamped. A step is stamped by its first occurrence, but for `digit`, whose last one counts. */
export class Timeline {
  readonly #stamps = new Map<Step, Millis>();

  stamp(step: Step, at: Millis): void {
    // Digits count up to the one that moved the relay; which of the two is told first does not matter.
    const relayOn = this.#stamps.get('relay-on') ?? Number.POSITIVE_INFINITY;
    const counts = step === 'digit' ? at <= relayOn : !this.#stamps.has(step);
    if (counts) this.#stamps.set(step, at);
  }

  has(step: Step): boolean {
    return this.#stamps.has(step);
  }

  clear(): void {
    this.#stamps.clear();
  }

  /** In order of time. */
  get stamps(): readonly Stamp[] {
    return [...this.#stamps].map(([step, at]) => ({ step, at })).sort((a, b) => a.at - b.at);
  }

  /** The first step that is missing or out of order; undefined when all went as it must. */
  get firstFailure(): { readonly step: Step; readonly why: string } | undefined {
    let latest = Number.NEGATIVE_INFINITY;
    for (const step of STEP_ORDER) {
      const at = this.#stamps.get(step);
      if (at === undefined) return { step, why: 'it did not happen' };
      if (at < latest && !UNORDERED.has(step)) return { step, why: 'it came before the step that leads to it' };
      if (!UNORDERED.has(step)) latest = at;
    }
    return undefined;
  }

  /** One line a step: milliseconds since the press, since the step before, and what it was. */
  render(): string[] {
    const stamps = this.stamps;
    const start = stamps[0]?.at ?? 0;
    return stamps.map(({ step, at }, index) => {
      const before = stamps[index - 1]?.at ?? at;
      return `${formatMs(at - start)} ms  ${`+${formatMs(at - before).trim()}`.padStart(10)}  ${STEPS[step]}`;
    });
  }
}

function formatMs(duration: number): string {
  return duration.toFixed(3).padStart(10);
}

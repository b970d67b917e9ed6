// What the visitor is played while nobody talks: ringback while it rings, then for three seconds, or as long as a file of the
// house's lasts, why it came to nothing.

import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { CallEndReason } from '../call/index.ts';
import type { MediaEngine, Tone } from '../media/types.ts';

const END_TONE: Millis = seconds(3);

/** How each end of a call that was never answered sounds. */
const END_TONES: Readonly<Record<CallEndReason, Tone>> = {
  busy: 'busy',
  'no-answer': 'failure',
  refused: 'failure',
  unreachable: 'failure',
  failed: 'failure',
  cancelled: 'none',
  'hangup-local': 'none',
  'hangup-remote': 'none',
  limit: 'none',
};

/** Plays the tones of a call's progress at the door. */
export class VisitorSounds {
  #stop: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly engine: MediaEngine,
  ) {}

  ringback(): void {
    this.#play('ringback');
  }

  silence(): void {
    this.#play('none');
  }

  /** Says how it ended. */
  end(reason: CallEndReason): void {
    const tone = END_TONES[reason];
    this.#play(tone);
    if (tone === 'none') return;
    // What is said is said to its end.
    const length = millis(Math.max(END_TONE, this.engine.soundLength(tone) ?? 0));
    this.#stop = this.clock.after(length, 'end tone', () => this.silence());
  }

  #play(tone: Tone): void {
    this.#stop?.cancel();
    this.#stop = undefined;
    this.engine.play(tone);
  }
}

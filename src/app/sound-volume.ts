// How loud the speaker and how sensitive the microphone is. The card's mixer sets it where it has a control for that side;
// the engine then leaves the samples as they are, so that nothing is turned down twice. Else the engine scales them.

import type { CommandOutcome, CommandParameters } from '../api/commands.ts';
import { refuse } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import { isSoundSide, SOUND_SIDES, type VolumeReport, type VolumeState } from '../api/volume.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { seconds } from '../base/units.ts';
import type { Mixer, MixerChange, MixerLevel, SoundSide } from '../hardware/ports/index.ts';
import type { MediaEngine } from '../media/index.ts';
import type { Faults } from './faults.ts';

export type Volumes = { readonly [Side in SoundSide]: number };

export interface SoundVolumeParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly engine: Pick<MediaEngine, 'setGain' | 'on'>;
  /** Undefined: the device has none, or it is to be left alone. */
  readonly mixer: Mixer | undefined;
}

/**
 * After the start: a door must ring first. To load what reaches a mixer stops everything else for a moment, on a slow board
 * for half a second.
 */
const AFTER_START = seconds(10);
/** The longest that stopping waits for a card, or the sound server before it. */
const PATIENCE = seconds(1);

export class SoundVolume {
  #configured: Volumes;
  readonly #sides: { [Side in SoundSide]: VolumeState };
  #pending: Promise<void> = Promise.resolve();
  #starting: Timer | undefined;
  #stopped = false;

  /** @param configured percent; the engine has them already */
  constructor(
    private readonly parts: SoundVolumeParts,
    configured: Volumes,
  ) {
    this.#configured = configured;
    const engineSets = (percent: number): VolumeState => ({ percent, muted: false, by: 'engine' });
    this.#sides = { speaker: engineSets(configured.speaker), microphone: engineSets(configured.microphone) };
    parts.engine.on('device', (fault) => {
      // A card that is back, or another one in its place, stands as it was left somewhere else.
      if (fault === undefined) this.#setAll();
    });
  }

  get report(): VolumeReport {
    return { ...this.#sides };
  }

  /** Sets the card, a little later. */
  start(): void {
    this.#starting = this.parts.clock.after(AFTER_START, 'mixer', () => this.#setAll());
  }

  /** What of a changed configuration concerns it; what was set by command stays where the configuration says nothing new. */
  apply(configured: Volumes): void {
    const before = this.#configured;
    this.#configured = configured;
    for (const side of SOUND_SIDES) {
      if (before[side] !== configured[side]) void this.#change(side, { percent: configured[side] });
    }
  }

  /** The command `volume`. */
  async command(asked: CommandParameters<'volume'>, by: string): Promise<CommandOutcome<'volume'>> {
    const { side, percent, muted } = asked;
    if (side !== undefined && !isSoundSide(side)) return refuse('bad-request', 'a side is speaker or microphone');
    const changes = percent !== undefined || muted !== undefined;
    if (changes && side === undefined) return refuse('bad-request', 'say which: speaker or microphone');
    if (percent !== undefined && !(Number.isInteger(percent) && percent >= 0 && percent <= 100)) {
      return refuse('bad-request', 'a level is a whole number from 0 to 100');
    }
    if (side !== undefined && changes) {
      await this.#change(side, {
        ...(percent === undefined ? {} : { percent }),
        ...(muted === undefined ? {} : { muted }),
      });
      const { percent: now, muted: isMuted } = this.#sides[side];
      this.parts.journal.record('volume.changed', { side, percent: now, muted: isMuted, by });
    }
    return { ok: true, result: this.report };
  }

  /** The card is left alone afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#starting?.cancel();
    const patience = new Promise<void>((resolve) => {
      const timer = this.parts.clock.after(PATIENCE, 'mixer', resolve);
      void this.#pending.then(() => {
        timer.cancel();
        resolve();
      });
    });
    await patience;
  }

  #setAll(): void {
    for (const side of SOUND_SIDES) {
      const { percent, muted } = this.#sides[side];
      void this.#change(side, { percent, muted });
    }
  }

  /** Never rejects. */
  #change(side: SoundSide, change: MixerChange): Promise<void> {
    const { percent = this.#sides[side].percent, muted = this.#sides[side].muted } = change;
    this.#sides[side] = { ...this.#sides[side], percent, muted };
    const done = this.#pending.then(async () => {
      if (this.#stopped) return;
      const level = await this.#setCard(side, change);
      if (this.#stopped) return;
      this.#sides[side] = stateOf(level, percent, muted);
      this.#setGains();
    });
    this.#pending = done;
    return done;
  }

  /** @returns undefined where the engine has to do it */
  async #setCard(side: SoundSide, change: MixerChange): Promise<MixerLevel | undefined> {
    const { faults, log } = this.parts;
    try {
      const level = await this.parts.mixer?.set(side, change);
      faults.end('mixer');
      return level;
    } catch (thrown) {
      // A card that is not there is the sound device's fault, and said with it.
      if (thrown instanceof DoorphoneError && thrown.code === 'mixer-missing') {
        log.info('mixer.missing', { why: thrown.message });
      } else {
        const mend = thrown instanceof DoorphoneError ? thrown.mend : undefined;
        const what = thrown instanceof DoorphoneError ? thrown.message : `the mixer fails: ${describeError(thrown)}`;
        faults.begin('mixer', `audio: ${what}`, mend ?? 'set audio.mixer to off');
      }
      return undefined;
    }
  }

  #setGains(): void {
    const { speaker, microphone } = this.#sides;
    this.parts.engine.setGain(gainOf(speaker), gainOf(microphone));
  }
}

/** What the engine is to leave of the samples, in percent. */
function gainOf({ percent, muted, by }: VolumeState): number {
  if (muted) return 0; // beside the card's own switch, which it may not have
  return by === 'card' ? 100 : percent;
}

function stateOf(level: MixerLevel | undefined, percent: number, muted: boolean): VolumeState {
  if (level === undefined) return { percent, muted, by: 'engine' };
  return { percent: level.percent, muted: level.muted ?? muted, by: 'card', control: level.control };
}

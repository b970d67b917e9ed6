// The mixer of a card: which of its controls is the speaker's and which the microphone's, and how a percentage is set. The
// card is opened for each change and closed again: one that was pulled out, or a sound server that was restarted, leaves
// nothing behind.

import { getSystemErrorName } from 'node:util';
import { DoorphoneError } from '../../../base/errors.ts';
import type { Mixer, MixerChange, MixerLevel, SoundSide } from '../../ports/index.ts';
import type { ElementSide, MixerElement, MixerLibrary } from './mixer-library.ts';
import { decibelsOfShare, shareOfDecibels, shareOfSteps, stepsOfShare } from './scale.ts';

/** The names of controls, the best first. */
export type ControlNames = { readonly [Side in SoundSide]?: readonly string[] };

/** What drivers call them: USB cards and codecs by what is connected, simple cards by what it does. */
const COMMON_NAMES: { readonly [Side in SoundSide]: readonly string[] } = {
  speaker: ['Speaker', 'PCM', 'Headphone', 'Master', 'Playback', 'Digital', 'Line Out'],
  microphone: ['Capture', 'Mic', 'Microphone', 'Mic Capture', 'ADC', 'Input'],
};

const ENODEV = -19;

export class CardMixer implements Mixer {
  #library: Promise<MixerLibrary> | undefined;
  /** One change at a time: a mixer belongs to one thread. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param card finds the name of its control interface each time; undefined: the card is not there
   * @param load finds the library when it is needed first
   * @param names count before the common ones
   */
  constructor(
    private readonly card: () => string | undefined,
    private readonly names: ControlNames,
    private readonly load: () => Promise<MixerLibrary>,
  ) {}

  set(side: SoundSide, change: MixerChange): Promise<MixerLevel | undefined> {
    const done = this.#last.then(() => this.#set(side, change));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #set(side: SoundSide, change: MixerChange): Promise<MixerLevel | undefined> {
    // First: to load the library takes a slow board a while, in which nobody who presses should have to wait for nothing.
    const name = this.card();
    if (name === undefined) throw missing('the sound card', ENODEV);
    this.#library ??= this.load();
    const library = await this.#library;
    const card = await library.open(name);
    if (typeof card === 'number') throw missing(name, card);
    try {
      const chosen = choose(card.elements, side, this.names[side] ?? []);
      if (chosen === undefined) return undefined;
      apply(chosen.control, change);
      return { control: chosen.name, ...levelOf(chosen.control) };
    } finally {
      card.close();
    }
  }
}

function missing(card: string, error: number): DoorphoneError {
  return new DoorphoneError('mixer-missing', `${card} has no mixer that opens (${getSystemErrorName(error)})`, {
    mend: 'name the card in audio.mixer, or set it to off',
  });
}

interface Chosen {
  readonly name: string;
  readonly control: ElementSide;
}

function choose(elements: readonly MixerElement[], side: SoundSide, own: readonly string[]): Chosen | undefined {
  for (const wanted of [...own, ...COMMON_NAMES[side]]) {
    for (const { name, playback, capture } of elements) {
      const control = side === 'speaker' ? playback : capture;
      if (control !== undefined && name.toLowerCase() === wanted.toLowerCase()) return { name, control };
    }
  }
  return undefined;
}

function apply(control: ElementSide, { percent, muted }: MixerChange): void {
  if (percent !== undefined) {
    const share = percent / 100;
    if (control.decibels === undefined) control.writeSteps(stepsOfShare(share, control.steps));
    else control.writeDecibels(decibelsOfShare(share, control.decibels));
  }
  if (muted !== undefined && control.hasSwitch) control.writeSwitch(!muted);
}

function levelOf(control: ElementSide): Omit<MixerLevel, 'control'> {
  const share =
    control.decibels === undefined
      ? shareOfSteps(control.readSteps(), control.steps)
      : shareOfDecibels(control.readDecibels(), control.decibels);
  return { percent: Math.round(share * 100), muted: control.hasSwitch ? !control.readSwitch() : undefined };
}

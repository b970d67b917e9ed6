// The mixer of a sound card: how loud its speaker is, how sensitive its microphone. Not real time.

/** Which of the two, as the visitor has it. */
export type SoundSide = 'speaker' | 'microphone';

export interface MixerLevel {
  /** The card's own name of the control: `Speaker`. */
  readonly control: string;
  /** 0 to 100, as `alsamixer` shows it. */
  readonly percent: number;
  /** Undefined: the control cannot be muted. */
  readonly muted: boolean | undefined;
}

export interface MixerChange {
  /** 0 to 100. */
  readonly percent?: number;
  /** Does nothing where the control cannot be muted. */
  readonly muted?: boolean;
}

/** A card's mixer. The card may come and go: each call looks for it anew. */
export interface Mixer {
  /**
   * Sets a side's level.
   * @returns how it is then; undefined: the card has no control for that side
   * Rejects with DoorphoneError `mixer-missing` (the card is not there, or has no mixer), `mixer-unusable` (what a mixer needs
   * is not installed)
   */
  set(side: SoundSide, change: MixerChange): Promise<MixerLevel | undefined>;
}

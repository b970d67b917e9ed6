// What the command `calibrate` finds: how the microphone hears the loudspeaker.

/** Something that is not as it should be, and what to do about it. */
export interface CalibrationAdvice {
  readonly what: string;
  readonly mend: string;
}

export interface CalibrationReport {
  /** The sound device. */
  readonly device: string;
  /** How far what comes back is behind; null: the microphone does not hear the loudspeaker. */
  readonly delayMs: number | null;
  /** What comes back over what is played, in dB: below 0 it is weaker. Null as above. */
  readonly echoDb: number | null;
  /** dBFS: of what was played, of the microphone meanwhile, and before. */
  readonly levels: { readonly speaker: number; readonly microphone: number; readonly noise: number };
  /** Samples of the microphone at full scale. */
  readonly clips: number;
  /** Delay and way of the echo are known after the next start. */
  readonly kept: boolean;
  readonly advice: readonly CalibrationAdvice[];
}

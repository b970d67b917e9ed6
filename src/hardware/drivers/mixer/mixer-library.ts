// What a mixer is made of, as libasound has it: cards with elements, which have a side for playback and one for capture.
// `alsa-library.ts` is the real one.

import type { Range } from './scale.ts';

/** One direction of an element. All channels are set alike, and the first one is read. */
export interface ElementSide {
  readonly steps: Range;
  /** Hundredths of dB; undefined: the control does not know its decibels. */
  readonly decibels: Range | undefined;
  readonly hasSwitch: boolean;
  readSteps(): number;
  writeSteps(value: number): void;
  readDecibels(): number;
  writeDecibels(value: number): void;
  /** On: it sounds. */
  readSwitch(): boolean;
  writeSwitch(on: boolean): void;
}

/** A control of a card. */
export interface MixerElement {
  readonly name: string;
  /** Undefined: it has no volume for that direction. */
  readonly playback: ElementSide | undefined;
  readonly capture: ElementSide | undefined;
}

export interface OpenCard {
  readonly elements: readonly MixerElement[];
  close(): void;
}

export interface MixerLibrary {
  /** @param card `hw:Device`, `default` @returns a negative errno where it cannot be opened */
  open(card: string): Promise<OpenCard | number>;
}

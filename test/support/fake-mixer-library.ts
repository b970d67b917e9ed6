// Cards with mixers, in memory: what libasound would say of them.

import type {
  ElementSide,
  MixerElement,
  MixerLibrary,
  OpenCard,
} from '../../src/hardware/drivers/mixer/mixer-library.ts';
import { type Range, shareOfSteps } from '../../src/hardware/drivers/mixer/scale.ts';

/** One direction of a control: its steps, and what they are in decibels where it knows them, straight. */
export class FakeSide implements ElementSide {
  value: number;
  isOn = true;

  constructor(
    readonly steps: Range,
    readonly decibels: Range | undefined = undefined,
    readonly hasSwitch: boolean = true,
  ) {
    this.value = steps.min;
  }

  readSteps(): number {
    return this.value;
  }

  writeSteps(value: number): void {
    this.value = value;
  }

  readDecibels(): number {
    const { min, max } = this.decibels ?? { min: 0, max: 0 };
    return min + (max - min) * shareOfSteps(this.value, this.steps);
  }

  writeDecibels(value: number): void {
    const { min, max } = this.decibels ?? { min: 0, max: 1 };
    this.value = Math.round(this.steps.min + ((value - min) / (max - min)) * (this.steps.max - this.steps.min));
  }

  readSwitch(): boolean {
    return this.isOn;
  }

  writeSwitch(on: boolean): void {
    this.isOn = on;
  }
}

/** The cards that are there, by the names of their control interfaces. */
export class FakeMixerLibrary implements MixerLibrary {
  readonly cards = new Map<string, readonly MixerElement[]>();
  /** How many cards are open now. */
  inUse = 0;
  opened = 0;

  open(card: string): Promise<OpenCard | number> {
    const elements = this.cards.get(card);
    if (elements === undefined) return Promise.resolve(-2); // ENOENT
    this.inUse += 1;
    this.opened += 1;
    return Promise.resolve({
      elements,
      close: () => {
        this.inUse -= 1;
      },
    });
  }
}

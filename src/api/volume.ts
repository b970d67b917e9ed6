// How loud: what the command `volume` takes, in words and in numbers.

import { err, ok, type Result } from '../base/result.ts';

export const SOUND_SIDES = ['speaker', 'microphone'] as const;
export type SoundSideName = (typeof SOUND_SIDES)[number];

export interface VolumeChange {
  side?: string;
  /** 0 to 100. */
  percent?: number;
  muted?: boolean;
}

/** How one side stands. */
export interface VolumeState {
  /** 0 to 100. */
  readonly percent: number;
  readonly muted: boolean;
  /** Who sets it: the card's mixer, or the engine by scaling samples. */
  readonly by: 'card' | 'engine';
  /** The card's control. */
  readonly control?: string;
}

export type VolumeReport = { readonly [Side in SoundSideName]: VolumeState };

export function isSoundSide(text: string): text is SoundSideName {
  return SOUND_SIDES.some((side) => side === text);
}

/** Reads `speaker 60`, `microphone mute`, `speaker`, or nothing. @returns what is wrong with it, else the parameters */
export function readVolume([side, level, ...more]: readonly string[]): Result<VolumeChange, string> {
  if (more.length > 0) return err('it takes a side and a level');
  if (side === undefined || side === '') return ok({});
  if (!isSoundSide(side)) return err('a side is speaker or microphone');
  if (level === undefined) return ok({ side });
  if (level === 'mute' || level === 'unmute') return ok({ side, muted: level === 'mute' });
  const percent = /^[0-9]{1,3}$/.test(level) ? Number(level) : 101;
  return percent > 100 ? err('a level is 0 to 100, mute or unmute') : ok({ side, percent });
}

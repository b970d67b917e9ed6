// Percent ⇄ what a card's control takes. A control that knows its decibels is set by them, on the scale of `alsamixer` and
// `amixer -M`: straight where the range is small, else so that half is heard as about half as loud. One that does not is
// set by its raw steps.

/** Closed; decibels are in hundredths. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Up to here, 24 dB, decibels are a straight scale. */
const STRAIGHT_RANGE = 2400;
/** Hundredths of dB in which the amplitude doubles thrice and a bit (a factor of ten): the scale's own measure. */
const DECADE = 6000;
/** "Silence" in place of a least number of decibels (SND_CTL_TLV_DB_GAIN_MUTE). */
const SILENCE = -9_999_999;

/** @returns the share of the range, 0 to 1, of a number of hundredths of dB */
export function shareOfDecibels(value: number, { min, max }: Range): number {
  if (max - min <= STRAIGHT_RANGE) return clamp((value - min) / (max - min));
  const least = leastShare({ min, max });
  return clamp((10 ** ((value - max) / DECADE) - least) / (1 - least));
}

/** @param share 0 to 1 @returns hundredths of dB */
export function decibelsOfShare(share: number, { min, max }: Range): number {
  if (share <= 0) return min;
  if (max - min <= STRAIGHT_RANGE) return Math.round(min + share * (max - min));
  const least = leastShare({ min, max });
  return Math.max(min, Math.round(max + DECADE * Math.log10(share * (1 - least) + least)));
}

const leastShare = ({ min, max }: Range): number => (min === SILENCE ? 0 : 10 ** ((min - max) / DECADE));

/** @returns the share of the range, 0 to 1 */
export const shareOfSteps = (value: number, { min, max }: Range): number => clamp((value - min) / (max - min));

export const stepsOfShare = (share: number, { min, max }: Range): number => Math.round(min + share * (max - min));

/** Whether a range is one: some drivers tell of none with two equal ends. */
export const isRange = ({ min, max }: Range): boolean => max > min;

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

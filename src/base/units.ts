// Numbers that carry their unit in the type, so that a duration cannot be mistaken for a count of samples.

declare const unit: unique symbol;

/** A duration, or a point on the monotonic clock, in milliseconds (may have a fraction). */
export type Millis = number & { readonly [unit]: 'ms' };
/** A rate in cycles or samples a second. */
export type Hz = number & { readonly [unit]: 'Hz' };
/** A count of audio samples of one channel. */
export type Samples = number & { readonly [unit]: 'samples' };

/** @param value milliseconds */
export const millis = (value: number): Millis => value as Millis;
/** @param value seconds */
export const seconds = (value: number): Millis => millis(value * 1000);
/** @param value minutes */
export const minutes = (value: number): Millis => seconds(value * 60);
/** @param value hertz */
export const hertz = (value: number): Hz => value as Hz;
/** @param value samples */
export const samples = (value: number): Samples => value as Samples;

// The discrete Fourier transform, as far as comparing two recordings needs it: radix 2, in place, no dependency.

/** A complex signal in two arrays of the same power-of-two length. */
export interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** An empty signal that holds at least `length` values. */
export function createSpectrum(length: number): Spectrum {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, length)));
  return { real: new Float64Array(size), imaginary: new Float64Array(size) };
}

/**
 * Transforms `signal` in place (Cooley and Tukey, decimation in time).
 * @param direction `inverse` includes the division by the length
 */
export function transform(signal: Spectrum, direction: 'forward' | 'inverse'): void {
  reverseBits(signal);
  const size = signal.real.length;
  const sign = direction === 'forward' ? -1 : 1;
  for (let half = 1; half < size; half *= 2) butterflies(signal, half, sign);
  if (direction === 'forward') return;
  for (let index = 0; index < size; index += 1) {
    signal.real[index] = at(signal.real, index) / size;
    signal.imaginary[index] = at(signal.imaginary, index) / size;
  }
}

/**
 * The inner product of `pattern` with `signal` at every shift: `result[shift] = Σ pattern[i] · signal[i + shift]`, with
 * zeros beyond the end of both. `patternSpectrum` and `signalSpectrum` are their forward transforms, of equal length;
 * the first is overwritten by the result, which is returned.
 */
export function correlate(patternSpectrum: Spectrum, signalSpectrum: Spectrum): Float64Array {
  const { real, imaginary } = patternSpectrum;
  for (let index = 0; index < real.length; index += 1) {
    const a = at(real, index);
    const b = at(imaginary, index);
    const c = at(signalSpectrum.real, index);
    const d = at(signalSpectrum.imaginary, index);
    real[index] = a * c + b * d;
    imaginary[index] = a * d - b * c;
  }
  transform(patternSpectrum, 'inverse');
  return real;
}

/** The value there; the index is known to be inside. */
function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

function reverseBits({ real, imaginary }: Spectrum): void {
  const size = real.length;
  let reversed = 0;
  for (let index = 1; index < size; index += 1) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      swap(real, index, reversed);
      swap(imaginary, index, reversed);
    }
  }
}

function swap(values: Float64Array, first: number, second: number): void {
  const kept = at(values, first);
  values[first] = at(values, second);
  values[second] = kept;
}

function butterflies({ real, imaginary }: Spectrum, half: number, sign: number): void {
  const size = real.length;
  for (let offset = 0; offset < half; offset += 1) {
    const angle = (sign * Math.PI * offset) / half;
    const cosine = Math.cos(angle);
    const sine = Math.sin(angle);
    for (let upper = offset; upper < size; upper += 2 * half) {
      const lower = upper + half;
      const a = at(real, lower) * cosine - at(imaginary, lower) * sine;
      const b = at(real, lower) * sine + at(imaginary, lower) * cosine;
      real[lower] = at(real, upper) - a;
      imaginary[lower] = at(imaginary, upper) - b;
      real[upper] = at(real, upper) + a;
      imaginary[upper] = at(imaginary, upper) + b;
    }
  }
}

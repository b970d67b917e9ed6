// A response (what comes back of one sample) as text: its samples as 32-bit floats, little-endian, in base64.

/** 160 ms at 8 and at 16 kHz. */
const LENGTHS: readonly number[] = [1280, 2560];
/** A loudspeaker that is a hundred times as loud in the microphone as what is played leaves nothing to be taken out. */
const LOUDEST = 100;

export function writeResponse(samples: Float32Array): string {
  const bytes = Buffer.alloc(4 * samples.length);
  samples.forEach((sample, at) => void bytes.writeFloatLE(sample, 4 * at));
  return bytes.toString('base64');
}

/** @throws RangeError: damaged, too long, no numbers */
export function readResponse(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  // Decoding passes over what is no base64.
  if (bytes.toString('base64') !== text) throw new RangeError('the path of the echo is damaged');
  if (!LENGTHS.includes(bytes.length / 4)) throw new RangeError(`the path of the echo has ${bytes.length} bytes`);
  const samples = Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
  if (!samples.every((sample) => Math.abs(sample) <= LOUDEST)) {
    throw new RangeError('the path of the echo holds what is no sample');
  }
  return samples;
}

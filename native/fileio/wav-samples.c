// The samples of a WAV file, whatever their encoding, as 16-bit ones. See wav.h.

#include <math.h>
#include <string.h>

#include "codec/g711.h"
#include "fileio/little-endian.h"
#include "fileio/wav.h"

/** Little-endian IEEE 754, full scale at 1; what is no number is silence. */
static int16_t from_float(const uint8_t *bytes) {
  uint32_t bits = read_u32(bytes);
  float value;
  memcpy(&value, &bits, sizeof value);
  if (isnan(value)) return 0;
  return (int16_t)lrintf(fminf(1, fmaxf(-1, value)) * INT16_MAX);
}

void wav_read_samples(const uint8_t *bytes, const struct wav_layout *layout, int16_t *samples) {
  const uint8_t *sound = bytes + layout->offset;
  size_t count = layout->frames * layout->channels;
  if (layout->encoding == WAV_ALAW || layout->encoding == WAV_ULAW) {
    struct g711_codec codec;
    g711_init(&codec, layout->encoding == WAV_ALAW ? G711_ALAW : G711_ULAW);
    codec.decode(sound, samples, count);
    return;
  }
  for (size_t at = 0; at < count; at++) {
    const uint8_t *sample = sound + at * layout->sample_bytes;
    if (layout->encoding == WAV_FLOAT) samples[at] = from_float(sample);
    // 8 bits are the only ones without a sign (WAVE, "Data Format of the Samples").
    else if (layout->sample_bytes == 1) samples[at] = (int16_t)((sample[0] - 128) * 256);
    // Of what is wider the upper 16 bits: the rest is below what a door can let be heard.
    else samples[at] = (int16_t)read_u16(sample + layout->sample_bytes - 2);
  }
}

// Adding and folding channels of 16-bit sound, saturating. Pure; any thread.

#ifndef DOORPHONE_DSP_MIX_H
#define DOORPHONE_DSP_MIX_H

#include <stddef.h>
#include <stdint.h>

/** Cuts a value to 16 bits. */
static inline int16_t mix_saturate(int32_t value) {
  if (value > INT16_MAX) return INT16_MAX;
  if (value < INT16_MIN) return INT16_MIN;
  return (int16_t)value;
}

/** Adds sound onto sound. */
void mix_add(int16_t *onto, const int16_t *samples, size_t count);

/**
 * The mean of all channels. In place allowed (`mono == interleaved`).
 * @param channels 1 or more
 * @param frames samples a channel
 */
void mix_to_mono(const int16_t *interleaved, size_t channels, size_t frames, int16_t *mono);

#endif

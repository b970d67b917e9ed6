// How loud a sound is. Pure; any thread. For voice/ alone.

#ifndef DOORPHONE_VOICE_MEAN_POWER_H
#define DOORPHONE_VOICE_MEAN_POWER_H

#include <stddef.h>

/** The mean of squares; `count` is not zero. */
static inline float mean_power(const float *samples, size_t count) {
  float sum = 0;
  for (size_t at = 0; at < count; at++) sum += samples[at] * samples[at];
  return sum / (float)count;
}

#endif

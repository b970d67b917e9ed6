// Sound at twice or half its rate, by the simplest means: for what is left of a sound whose stream changes its rate, and
// is heard for some milliseconds more. All else is resampler.h's. Pure; any thread.

#ifndef DOORPHONE_DSP_DOUBLE_RATE_H
#define DOORPHONE_DSP_DOUBLE_RATE_H

#include <stddef.h>
#include <stdint.h>

/** In place, from `count` samples to twice as many. */
static inline void double_rate(int16_t *samples, size_t count) {
  for (size_t at = count; at-- > 0;) {
    int16_t next = at + 1 < count ? samples[2 * at + 2] : samples[at];
    int16_t here = samples[at];
    samples[2 * at] = here;
    samples[2 * at + 1] = (int16_t)((here + next) / 2);
  }
}

/** In place, from `count` samples to half as many. */
static inline void halve_rate(int16_t *samples, size_t count) {
  for (size_t at = 0; at < count / 2; at++) samples[at] = (int16_t)((samples[2 * at] + samples[2 * at + 1]) / 2);
}

#endif

// Sound that begins or ends in the middle, without the click. Pure; any thread.

#ifndef DOORPHONE_DSP_RAMP_H
#define DOORPHONE_DSP_RAMP_H

#include <stddef.h>
#include <stdint.h>

/** From silence to all of it. */
static inline void ramp_in(int16_t *samples, size_t count) {
  for (size_t at = 0; at < count; at++) samples[at] = (int16_t)(samples[at] * (int32_t)at / (int32_t)count);
}

/** From all of it to silence. */
static inline void ramp_out(int16_t *samples, size_t count) {
  for (size_t at = 0; at < count; at++) samples[at] = (int16_t)(samples[at] * (int32_t)(count - at) / (int32_t)count);
}

#endif

// Sound that begins, ends or goes over into other sound in the middle, without the click. Pure; any thread.

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

/** From one sample to another, `at` of `length` steps on the way. */
static inline int32_t ramp_between(int32_t from, int32_t to, size_t at, size_t length) {
  return (from * (int32_t)(length - at) + to * (int32_t)at) / (int32_t)length;
}

/** From one sound to another. @param to with room for `count`; may be either of them */
static inline void ramp_over(const int16_t *from, const int16_t *into, int16_t *to, size_t count) {
  for (size_t at = 0; at < count; at++) to[at] = (int16_t)ramp_between(from[at], into[at], at + 1, count + 1);
}

#endif

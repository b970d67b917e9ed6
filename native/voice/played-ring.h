// The last second of what was played, to be looked at from a delay behind. One thread.

#ifndef DOORPHONE_VOICE_PLAYED_RING_H
#define DOORPHONE_VOICE_PLAYED_RING_H

#include <stddef.h>
#include <stdint.h>

/** The longest delay, what is tried beyond it, the filter and a turn at 16 kHz are 0.8 s; a power of two. */
#define PLAYED_RING_SAMPLES 16384

/** Zero-initialised is silence. */
struct played_ring {
  int16_t samples[PLAYED_RING_SAMPLES];
  size_t written; /**< In all; wraps. */
};

static inline void played_ring_put(struct played_ring *ring, const int16_t *samples, size_t count) {
  for (size_t at = 0; at < count; at++) ring->samples[ring->written++ % PLAYED_RING_SAMPLES] = samples[at];
}

/** The sample that was written `age` samples before the next one. @param age 1 to PLAYED_RING_SAMPLES */
static inline int16_t played_ring_at(const struct played_ring *ring, size_t age) {
  return ring->samples[(ring->written - age) % PLAYED_RING_SAMPLES];
}

#endif

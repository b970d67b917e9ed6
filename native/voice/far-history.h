// What was played of late, as spectra of a block and the one before it, for filters of as many partitions. The caller owns
// the state; one thread.

#ifndef DOORPHONE_VOICE_FAR_HISTORY_H
#define DOORPHONE_VOICE_FAR_HISTORY_H

#include <stddef.h>
#include <string.h>

#include "voice/spectrum.h"

/** Of 10 ms each: so long an echo is followed. */
#define FAR_HISTORY_BLOCKS 16

/** Zero-initialised is silence. */
struct far_history {
  struct spectrum spectra[FAR_HISTORY_BLOCKS]; /**< A ring, `newest` first. */
  size_t newest;
  float last[SPECTRUM_MAX_BLOCK];
};

/** Takes the block that follows. */
static inline void far_history_put(struct far_history *history, const struct spectrum_transform *transform, const float *far) {
  size_t n = transform->block;
  float samples[2 * SPECTRUM_MAX_BLOCK];
  memcpy(samples, history->last, n * sizeof *samples);
  memcpy(&samples[n], far, n * sizeof *samples);
  memcpy(history->last, far, n * sizeof *samples);
  history->newest = (history->newest + FAR_HISTORY_BLOCKS - 1) % FAR_HISTORY_BLOCKS;
  spectrum_of(transform, samples, &history->spectra[history->newest]);
}

/** @param back 0: that of the last block, up to FAR_HISTORY_BLOCKS - 1 before it */
static inline const struct spectrum *far_history_at(const struct far_history *history, size_t back) {
  return &history->spectra[(history->newest + back) % FAR_HISTORY_BLOCKS];
}

#endif

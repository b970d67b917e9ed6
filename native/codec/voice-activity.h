// Whether somebody speaks: sound is held against the noise that is always there, as a whole and in its high part, where
// the beginnings and ends of words are that have little power. Errs towards speech. The caller owns the state; one
// thread; no allocation.

#ifndef DOORPHONE_CODEC_VOICE_ACTIVITY_H
#define DOORPHONE_CODEC_VOICE_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Five seconds in parts of a quarter: nobody speaks so long without a gap, in which the noise is heard. */
#define VOICE_ACTIVITY_PARTS 20

/** How loud the noise is: the least that was heard in these seconds. */
struct noise_floor {
  float smooth;
  float least[VOICE_ACTIVITY_PARTS];
};

/** Fields are the detector's own. */
struct voice_activity {
  uint32_t rate_hz;
  struct noise_floor whole;
  struct noise_floor high;
  uint32_t blocks; /**< Looked at so far. */
  float sum_whole; /**< Of the block that is being filled. */
  float sum_high;
  size_t filled;
  float kept;   /**< Of the filter against what is low: how much of it goes on to the next sample. */
  float before; /**< The last sample, and what the filter made of it. */
  float filtered;
};

/** @param rate_hz 8000 or 16000 */
void voice_activity_init(struct voice_activity *activity, uint32_t rate_hz);

/** Whether there is speech in a packet: at the beginning, while the noise is not known, always. */
bool voice_activity_hears(struct voice_activity *activity, const int16_t *samples, size_t count);

#endif

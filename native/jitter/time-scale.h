// Makes speech a little shorter or longer without a click: a stretch that is like its neighbour, as one pitch period is like
// the next, is left out or said once more, cross-faded (waveform similarity, as WSOLA has it). Pitch and loudness stay. Pure;
// no allocation.

#ifndef DOORPHONE_JITTER_TIME_SCALE_H
#define DOORPHONE_JITTER_TIME_SCALE_H

#include <stddef.h>
#include <stdint.h>

/** In milliseconds: no stretch is shorter, none is longer. */
#define TIME_SCALE_LEAST_MS 3
#define TIME_SCALE_MOST_MS 15
#define TIME_SCALE_MAX_RATE_HZ 16000
#define TIME_SCALE_MAX_SAMPLES (TIME_SCALE_MOST_MS * TIME_SCALE_MAX_RATE_HZ / 1000)

/** What may be done to the sound. */
struct time_scale {
  size_t per_ms;   /**< Samples a millisecond: 8 or 16. */
  size_t most;     /**< Samples that may go or come. */
  double likeness; /**< How alike the stretches must be, 0 to 1, or nothing is done. */
};

/** Leaves a stretch out near the beginning. @return samples that went: `count` less so many are left */
size_t time_scale_shorten(const struct time_scale *scale, int16_t *samples, size_t count);

/**
 * Says the end of what was before once more.
 * @param before what was heard until now, oldest first
 * @param samples what follows it; with room for TIME_SCALE_MAX_SAMPLES more
 * @return samples that came
 */
size_t time_scale_lengthen(const struct time_scale *scale, const int16_t *before, size_t before_count, int16_t *samples,
                           size_t count);

#endif

// Media time: nanoseconds of sound since the engine started, so many a turn exactly. The machine's clock says when a turn
// is; where a device runs faster or slower, a turn is a little shorter or longer and media time bends with it, so that
// packets leave as fast as sound comes in. Pure; one thread.

#ifndef DOORPHONE_ENGINE_MEDIA_CLOCK_H
#define DOORPHONE_ENGINE_MEDIA_CLOCK_H

#include <stdint.h>

#include "base/monotonic.h"
#include "engine/audio-io.h"

/** The longest turn. */
#define TURN_NS ((int64_t)(AUDIO_FRAME_MS * NS_PER_MS))
/** What the grid of packets is made of: one sample at 8 kHz, a whole number of units of every codec's RTP timestamp. */
#define GRAIN_NS (NS_PER_SECOND / AUDIO_RATE_HZ)
/** Sound cards are within 100 ppm; ten times that is surely no drift. */
#define MAX_DRIFT_PPM 1000

struct media_clock {
  uint64_t turn_ns;       /**< CLOCK_MONOTONIC of the present turn, as it should have been. */
  uint64_t turn_media_ns; /**< Its media time. */
  int64_t length_ns;      /**< Of a turn: its sound. */
  int64_t period_ns;      /**< Until the next turn. */
};

/** Some turns into media time, so that it can be looked at backwards. @param turn_ms a part of 20 */
static inline struct media_clock media_clock_start(uint64_t now_ns, uint32_t turn_ms) {
  int64_t length_ns = (int64_t)(turn_ms * NS_PER_MS);
  return (struct media_clock){
      .turn_ns = now_ns, .turn_media_ns = 64 * (uint64_t)TURN_NS, .length_ns = length_ns, .period_ns = length_ns};
}

/** The next turn becomes the present one. */
static inline void media_clock_turn(struct media_clock *clock) {
  clock->turn_ns += (uint64_t)clock->period_ns;
  clock->turn_media_ns += (uint64_t)clock->length_ns;
}

/** The next turn is now: the grid begins anew. Media time never goes back by that, and is a whole number of turns. */
static inline void media_clock_turn_at(struct media_clock *clock, uint64_t now_ns) {
  clock->turn_ns = now_ns - (uint64_t)clock->period_ns;
}

/** Lets whole turns pass that nobody took, so that none is due any more: what comes next keeps to the same grid. */
static inline void media_clock_skip(struct media_clock *clock, uint64_t now_ns) {
  if (now_ns < clock->turn_ns) return;
  uint64_t turns = (now_ns - clock->turn_ns) / (uint64_t)clock->period_ns;
  clock->turn_ns += turns * (uint64_t)clock->period_ns;
  clock->turn_media_ns += turns * (uint64_t)clock->length_ns;
}

/** How long the next turn takes. */
static inline void media_clock_drift(struct media_clock *clock, int32_t drift_ns) {
  int64_t most_ns = clock->length_ns * MAX_DRIFT_PPM / 1000000;
  int64_t bent_ns = drift_ns;
  if (bent_ns > most_ns) bent_ns = most_ns;
  if (bent_ns < -most_ns) bent_ns = -most_ns;
  clock->period_ns = clock->length_ns + bent_ns;
}

static inline uint64_t media_clock_next_turn_ns(const struct media_clock *clock) {
  return clock->turn_ns + (uint64_t)clock->period_ns;
}

/** CLOCK_MONOTONIC of a media time near the present. */
static inline uint64_t media_clock_when(const struct media_clock *clock, uint64_t media_ns) {
  int64_t ahead = (int64_t)(media_ns - clock->turn_media_ns);
  // Split, so that the product stays small however far ahead.
  int64_t turns = ahead / clock->length_ns;
  int64_t rest = ahead % clock->length_ns;
  return clock->turn_ns + (uint64_t)(turns * clock->period_ns + rest * clock->period_ns / clock->length_ns);
}

/** Media time of a CLOCK_MONOTONIC near the present. */
static inline uint64_t media_clock_at(const struct media_clock *clock, uint64_t now_ns) {
  int64_t ahead = (int64_t)(now_ns - clock->turn_ns);
  int64_t turns = ahead / clock->period_ns;
  int64_t rest = ahead % clock->period_ns;
  return clock->turn_media_ns + (uint64_t)(turns * clock->length_ns + rest * clock->length_ns / clock->period_ns);
}

#endif

// How long sound takes from the engine to the loudspeaker, through the air, and back: a matched filter over the last half
// second, learned at 2 kHz (normalised least mean squares). Where it has one peak that stays, and explains what the
// microphone hears, that is the delay. A single tone has none. One thread; no allocation after init.

#ifndef DOORPHONE_VOICE_DELAY_SEARCH_H
#define DOORPHONE_VOICE_DELAY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DELAY_SEARCH_HZ 2000
/** 500 ms. */
#define DELAY_SEARCH_TAPS 1000
#define DELAY_SEARCH_MAX_MS (DELAY_SEARCH_TAPS * 1000 / DELAY_SEARCH_HZ)

/** To a lower rate: two second-order low-passes, then every n-th sample. */
struct decimator {
  float coefficients[2][5];
  float state[2][2];
  size_t factor;
  size_t phase;
  float last; /**< Differences are taken, so that a voice's deep tones do not outweigh the others. */
};

/** Fields are the search's own. */
struct delay_search {
  struct decimator far;
  struct decimator near;
  float weights[DELAY_SEARCH_TAPS];
  float history[2 * DELAY_SEARCH_TAPS]; /**< Kept twice, so that any window lies in one piece; newest first. */
  size_t newest;
  double energy;      /**< Of the window; a float would lose count of it within minutes. */
  float near_energy;  /**< Of late. */
  float error_energy; /**< Of it, what the weights do not explain. */
  size_t candidate;
  size_t turns; /**< For which the peak has stood there. */
  bool found;
  size_t delay; /**< In taps. */
};

void delay_search_init(struct delay_search *search, uint32_t rate_hz);

/** What was played and what was heard, of the same time. */
void delay_search_run(struct delay_search *search, const float *far, const float *near, size_t count);

/** @return whether a delay is known; in steps of half a millisecond */
bool delay_search_result(const struct delay_search *search, float *delay_ms);

#endif

// The way of the echo as it was another time: measured by a calibration, or learned in the last call. A card that was stopped
// and started has another delay, by fractions of a sample and by tens of milliseconds, and a filter that is off by two
// samples is worse than none; walls and direct sound are the same. So the way is looked for in the other side's first words:
// what it makes of them is held against what the microphone hears, at each delay around the one that was. It is found
// where one delay explains most of that, block after block. One thread; no allocation after init.
//
// Leaves out: what is done with it (echo-filter.h), the delay of a way that nobody knows (delay-search.h).

#ifndef DOORPHONE_VOICE_ECHO_PATH_H
#define DOORPHONE_VOICE_ECHO_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/echo-filter.h"
#include "voice/far-history.h"
#include "voice/spectrum.h"

/** Delays that are tried: what a card and a sound server keep ready changes by 110 ms at most, either way. */
#define ECHO_PATH_SOUGHT_MS 200
#define ECHO_PATH_LAGS (ECHO_PATH_SOUGHT_MS / 10 * SPECTRUM_MAX_BLOCK)

/** Fields are the path's own, but for those that say otherwise. */
struct echo_path {
  const struct spectrum_transform *transform;
  bool known;   /**< To read: there is one. */
  bool seeking; /**< To read: it is looked for. */
  float response[ECHO_FILTER_SAMPLES]; /**< To read: when it is found, as it is now. */
  struct spectrum weights[ECHO_FILTER_PARTITIONS]; /**< While it is looked for. */
  struct far_history far;
  float last_near;
  float last_echo;
  float echo[ECHO_PATH_LAGS + SPECTRUM_MAX_BLOCK]; /**< What the way makes of what is played, as differences; newest last. */
  float common[ECHO_PATH_LAGS]; /**< Of it and of the microphone; the greatest delay first, as in the next. */
  float energy[ECHO_PATH_LAGS]; /**< Its own. */
  float near_energy;
  size_t heard;      /**< Blocks in which there was something to compare. */
  size_t steady;     /**< Of them, since the same delay is the best. */
  size_t lag;        /**< To read: samples later than what echo_path_run was given as played. */
  float unexplained; /**< To read: the share of what the microphone hears. */
};

void echo_path_init(struct echo_path *path, const struct spectrum_transform *transform);

/** Takes a response that begins a little before the direct sound. @param count of samples; what is longer than the filter is cut off */
void echo_path_set(struct echo_path *path, const float *response, size_t count);

/** Takes it from a filter. */
void echo_path_keep(struct echo_path *path, const struct echo_filter *filter);

/** Begins to look for it, if there is one. */
void echo_path_seek(struct echo_path *path);

/** One block of what was played, as far back as the least delay that is tried, and of the microphone. @return whether it is found now */
bool echo_path_run(struct echo_path *path, const float *far, const float *microphone);

#endif

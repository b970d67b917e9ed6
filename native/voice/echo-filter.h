// The linear part of the echo canceller: learns the way from the loudspeaker to the microphone and takes out what came by
// it. A frequency-domain adaptive filter in partitions of 10 ms; the step of each bin is that of a Kalman filter with a
// diagonal covariance (G. Enzner, P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in
// hands-free telephones", 2006; F. Kuech et al., "State-space architecture of the partitioned-block-based acoustic echo
// controller", 2014). It adapts fast where the echo is all there is and hardly while somebody talks beside it, with no
// detector of double talk. One thread; no allocation after init.
//
// Leaves out: finding the delay (delay-search.h), what the filter cannot take out (residual.h).

#ifndef DOORPHONE_VOICE_ECHO_FILTER_H
#define DOORPHONE_VOICE_ECHO_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/far-history.h"
#include "voice/spectrum.h"

/** Partitions of 10 ms. */
#define ECHO_FILTER_PARTITIONS FAR_HISTORY_BLOCKS
/** Of a response at 16 kHz. */
#define ECHO_FILTER_SAMPLES (ECHO_FILTER_PARTITIONS * SPECTRUM_MAX_BLOCK)

struct echo_partition {
  struct spectrum weights;
  float uncertainty[SPECTRUM_MAX_BINS]; /**< Variance of the weights' error. */
};

/** Of late. */
struct echo_energies {
  float microphone;
  float error;
  float echo;
  float common; /**< Of error and echo. */
};

/** Fields are the filter's own, but for those that say otherwise. */
struct echo_filter {
  const struct spectrum_transform *transform;
  struct far_history far;
  float far_energy[ECHO_FILTER_PARTITIONS]; /**< Of the block that came with each of its spectra. */
  size_t constrained; /**< The partition whose weights are next cut to their length. */
  struct echo_partition partitions[ECHO_FILTER_PARTITIONS];
  float near_power[SPECTRUM_MAX_BINS]; /**< Of what is no echo. */
  struct echo_energies energies;
  uint32_t beginnings; /**< To read: how often it began anew. */
  float unknown[SPECTRUM_MAX_BINS]; /**< To read: power of the echo that the weights may not know of. */
  float echo[SPECTRUM_MAX_BLOCK];  /**< To read: the estimated echo of the last block. */
  float error[SPECTRUM_MAX_BLOCK]; /**< To read: the microphone without it. */
};

/** @param transform outlives the filter */
void echo_filter_init(struct echo_filter *filter, const struct spectrum_transform *transform);

/** Begins anew: the way is another one. What was played stays known. */
void echo_filter_forget(struct echo_filter *filter);

/** What was played before, a block at a time, oldest first: where the delay is another one. */
void echo_filter_remember(struct echo_filter *filter, const float *far);

/**
 * Begins with a way that is known.
 * @param response ECHO_FILTER_PARTITIONS blocks
 * @param unexplained the share of what the microphone hears that is no echo by this way, or not known to be
 */
void echo_filter_restore(struct echo_filter *filter, const float *response, float unexplained);

/** What has been learned. @param response ECHO_FILTER_PARTITIONS blocks */
void echo_filter_read(const struct echo_filter *filter, float *response);

/** One block of what was played and of what the microphone heard; fills `echo` and `error`. */
void echo_filter_run(struct echo_filter *filter, const float *far, const float *microphone);

#endif

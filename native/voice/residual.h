// What is left of the echo, and the noise: weakened bin by bin, by gains that the power of each is estimated for. The echo's
// is a share of what the filter took out, the smallest that was seen of late; a voice beside it stands out of that and
// passes. Noise is the least power of late. Sound comes out one block later. One thread; no allocation after init.

#ifndef DOORPHONE_VOICE_RESIDUAL_H
#define DOORPHONE_VOICE_RESIDUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/spectrum.h"

/** The least value of each bin over one to two periods. */
struct least {
  float now[SPECTRUM_MAX_BINS];
  float before[SPECTRUM_MAX_BINS]; /**< Of the period before. */
  size_t age;                      /**< Blocks of this period. */
};

struct residual_options {
  bool echo;  /**< Weaken what is left of the echo. */
  bool noise; /**< Weaken noise. */
};

/** Fields are the suppressor's own. */
struct residual {
  const struct spectrum_transform *transform;
  float window[2 * SPECTRUM_MAX_BLOCK];
  float last_error[SPECTRUM_MAX_BLOCK];
  float last_echo[SPECTRUM_MAX_BLOCK];
  float tail[SPECTRUM_MAX_BLOCK]; /**< The second half of the last block, to be added to. */
  float error_power[SPECTRUM_MAX_BINS];
  float echo_power[SPECTRUM_MAX_BINS];
  float residual_power[SPECTRUM_MAX_BINS];
  float clean_power[SPECTRUM_MAX_BINS]; /**< What was let through. */
  struct least leak;                    /**< Error over echo. */
  struct least noise;
  size_t blocks; /**< Seen so far, up to some. */
};

/** @param transform outlives the suppressor */
void residual_init(struct residual *residual, const struct spectrum_transform *transform);

/** The way of the echo is another one: nothing is known of what is left of it. */
void residual_forget_echo(struct residual *residual);

struct residual_block {
  float *sound;         /**< What the filter left; becomes the block before, with less noise and echo. */
  const float *echo;    /**< What the filter took out. */
  const float *unknown; /**< Of each bin: power of the echo that the filter may not know of. */
};

void residual_run(struct residual *residual, struct residual_options options, const struct residual_block *block);

#endif

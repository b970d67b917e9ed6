// What is left of the echo, and the noise: weakened bin by bin, by gains that the power of each is estimated for. The echo's
// is a share of what the filter took out, the smallest that was seen of late; a voice beside it stands out of that and
// passes. Where of all bins together hardly anything stands out, there is echo alone, and what does stand out is weakened with
// the rest. Noise is the least power of late. Sound comes out one block later. One thread; no allocation after init.

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
  float error_sum;    /**< Powers of all bins, of late: of what there is, */
  float clean_sum;    /**< and of what is let through. */
  size_t since_doubt; /**< Blocks, up to some, since there may have been a voice, */
  size_t since_voice; /**< since there was one, */
  size_t since_echo;  /**< and since there was echo. */
  bool echo_alone;    /**< To read: the last block had echo in it, or soon behind one nothing, and for sure no voice. */
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

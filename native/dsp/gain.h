// Volume: a percentage as people set it, applied with saturation and without clicks. The caller owns the state; one
// thread.

#ifndef DOORPHONE_DSP_GAIN_H
#define DOORPHONE_DSP_GAIN_H

#include <stddef.h>
#include <stdint.h>

/** 100 % is unity; the curve is square, so that 50 % (-12 dB) sounds about half as loud. Above 100 % it amplifies. */
#define GAIN_MAX_PERCENT 400

/** Factors in 1/65536. */
struct gain {
  int32_t factor;
  int32_t target;
};

/** Starts at a percentage, 0 to GAIN_MAX_PERCENT; more is taken as that. */
void gain_init(struct gain *gain, uint32_t percent);

/** Moves to another percentage over the next block. */
void gain_set(struct gain *gain, uint32_t percent);

/** Multiplies in place, saturating at the ends of 16 bits. */
void gain_apply(struct gain *gain, int16_t *samples, size_t count);

#endif

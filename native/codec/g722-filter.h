// The quadrature mirror filter of G.722, the same for both ways (table 11). Private to codec/.

#ifndef DOORPHONE_CODEC_G722_FILTER_H
#define DOORPHONE_CODEC_G722_FILTER_H

#include <stdint.h>

#include "codec/g722.h"

#define G722_FILTER_TAPS 12
/** Filtered in one piece: 20 ms. */
#define G722_BLOCK_SAMPLES 320

/** Sums over the samples at even and at odd places of a window of 24, times 2 to the power of 13. */
struct g722_pair {
  int32_t even;
  int32_t odd;
};

static inline struct g722_pair g722_filter(const int16_t *window) {
  // H(0), H(2) … H(22); the coefficients at odd places are the same, backwards.
  static const int16_t taps[G722_FILTER_TAPS] = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};
  struct g722_pair sums = {0, 0};
  for (int at = 0; at < G722_FILTER_TAPS; at++) {
    sums.even += window[2 * at] * taps[at];
    sums.odd += window[2 * at + 1] * taps[G722_FILTER_TAPS - 1 - at];
  }
  return sums;
}

#endif

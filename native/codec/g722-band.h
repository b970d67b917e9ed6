// What the sub-bands of G.722 share: quantizer scales and the adaptive predictor. Private to codec/.

#ifndef DOORPHONE_CODEC_G722_BAND_H
#define DOORPHONE_CODEC_G722_BAND_H

#include <stdint.h>

#include "codec/g722.h"

/** 4-bit inverse quantizer of the lower band, by the upper four of the six bits; it drives the adaptation (table 7). */
extern const int16_t g722_low_inverse4[16];
/** 2-bit inverse quantizer of the higher band (table 8). */
extern const int16_t g722_high_inverse2[4];

/** Both bands as §6.2.1's reset leaves them. */
void g722_bands_init(struct g722_band *low, struct g722_band *high);

/** Adapts the lower band after a code of six bits (§6.2.1.3: LOGSCL, SCALEL; §6.2.1.4). @param ril its upper four bits */
void g722_low_adapt(struct g722_band *band, unsigned ril);

/** Adapts the higher band after a code of two bits (§6.2.2.2: LOGSCH, SCALEH; §6.2.2.3). */
void g722_high_adapt(struct g722_band *band, unsigned ih);

/** §6: limits to 16 bits. */
static inline int32_t g722_limit(int32_t value) {
  if (value > INT16_MAX) return INT16_MAX;
  return value < INT16_MIN ? INT16_MIN : value;
}

#endif

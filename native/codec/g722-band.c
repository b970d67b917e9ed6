// Adaptation of a sub-band. See g722-band.h. The blocks' names are those of the Recommendation's §6.2.

#include "codec/g722-band.h"

#include <stdbool.h>
#include <string.h>

// Table 7: QM4.
const int16_t g722_low_inverse4[16] = {0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                       20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};
// Table 8: QM2.
const int16_t g722_high_inverse2[4] = {-7408, -1616, 7408, 1616};

// Logarithmic scale factor multipliers WL by RIL, and WH by IH (tables 14, 16).
static const int16_t low_multiplier[16] = {-60,  3042, 1198, 538, 334, 172, 58, -30,
                                           3042, 1198, 538,  334, 172, 58,  -30, -60};
static const int16_t high_multiplier[4] = {798, -214, 798, -214};

// ILB: 2048 times 2 to the power of n/32 (table 18).
static const int16_t inverse_logarithm[32] = {2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543,
                                              2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228,
                                              3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};

enum {
  LOW_NB_MOST = 18432,
  HIGH_NB_MOST = 22528,
  LOW_SHIFT = 8,
  HIGH_SHIFT = 10,
  LOW_DET_FIRST = 32,
  HIGH_DET_FIRST = 8,
  ZEROS = 6,
};

void g722_bands_init(struct g722_band *low, struct g722_band *high) {
  memset(low, 0, sizeof *low);
  memset(high, 0, sizeof *high);
  low->det = LOW_DET_FIRST;
  high->det = HIGH_DET_FIRST;
}

/** LOGSCL and LOGSCH: the scale's logarithm leaks away and grows with each large code. */
static int32_t follow_scale(int32_t nb, int32_t multiplier, int32_t most) {
  nb = (nb * 127 >> 7) + multiplier;
  if (nb < 0) return 0;
  return nb > most ? most : nb;
}

/** SCALEL and SCALEH: the scale itself. */
static int32_t scale(int32_t nb, int32_t most_shift) {
  int32_t mantissa = inverse_logarithm[nb >> 6 & 31];
  int32_t shift = most_shift - (nb >> 11);
  return (shift < 0 ? mantissa << -shift : mantissa >> shift) * 4;
}

/** UPPOL2, UPPOL1: the two poles after the signs of what was reconstructed. @param p0 the latest of it */
static void adapt_poles(struct g722_band *band, int32_t p0) {
  bool as_before = (p0 < 0) == (band->p1 < 0);
  bool as_once = (p0 < 0) == (band->p2 < 0);
  int32_t four = g722_limit(band->a1 * 4);
  int32_t against = as_before ? -four : four;
  if (against > INT16_MAX) against = INT16_MAX;
  int32_t a2 = (against >> 7) + (as_once ? 128 : -128) + (band->a2 * 32512 >> 15);
  if (a2 > 12288) a2 = 12288;
  if (a2 < -12288) a2 = -12288;
  int32_t a1 = g722_limit((as_before ? 192 : -192) + (band->a1 * 32640 >> 15));
  int32_t bound = g722_limit(15360 - a2);
  if (a1 > bound) a1 = bound;
  if (a1 < -bound) a1 = -bound;
  band->a1 = a1;
  band->a2 = a2;
}

/** UPZERO, DELAYA: the six zeros after the signs of the differences. @param d0 the latest of these */
static void adapt_zeros(struct g722_band *band, int32_t d0) {
  int32_t step = d0 == 0 ? 0 : 128;
  for (int at = 0; at < ZEROS; at++) {
    int32_t signed_step = (d0 < 0) == (band->d[at] < 0) ? step : -step;
    band->b[at] = g722_limit(signed_step + (band->b[at] * 32640 >> 15));
  }
  for (int at = ZEROS - 1; at > 0; at--) band->d[at] = band->d[at - 1];
  band->d[0] = d0;
}

/** FILTEP, FILTEZ, PREDIC: what is expected next. */
static void predict(struct g722_band *band) {
  int32_t sp = (band->a1 * g722_limit(2 * band->r1) >> 15) + (band->a2 * g722_limit(2 * band->r2) >> 15);
  int32_t sz = 0;
  for (int at = 0; at < ZEROS; at++) sz += band->b[at] * g722_limit(2 * band->d[at]) >> 15;
  band->sz = g722_limit(sz);
  band->s = g722_limit(g722_limit(sp) + band->sz);
}

/** §6.2.1.4 and §6.2.2.3, which are alike. @param d0 the difference as it was quantized */
static void adapt_predictor(struct g722_band *band, int32_t d0) {
  // RECONS, PARREC.
  int32_t r0 = g722_limit(band->s + d0);
  int32_t p0 = g722_limit(band->sz + d0);
  adapt_poles(band, p0);
  adapt_zeros(band, d0);
  band->r2 = band->r1;
  band->r1 = r0;
  band->p2 = band->p1;
  band->p1 = p0;
  predict(band);
}

void g722_low_adapt(struct g722_band *band, unsigned ril) {
  int32_t difference = band->det * g722_low_inverse4[ril] >> 15;
  band->nb = follow_scale(band->nb, low_multiplier[ril], LOW_NB_MOST);
  band->det = scale(band->nb, LOW_SHIFT);
  adapt_predictor(band, difference);
}

void g722_high_adapt(struct g722_band *band, unsigned ih) {
  int32_t difference = band->det * g722_high_inverse2[ih] >> 15;
  band->nb = follow_scale(band->nb, high_multiplier[ih], HIGH_NB_MOST);
  band->det = scale(band->nb, HIGH_SHIFT);
  adapt_predictor(band, difference);
}

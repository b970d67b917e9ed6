// The encoder: sub-bands by a quadrature mirror filter, then ADPCM of each (§3, §6.2). See g722.h.

#include <string.h>

#include "codec/g722-band.h"
#include "codec/g722-filter.h"
#include "codec/g722.h"

enum { DECISIONS = 29, HIGH_DECISION = 564, LOW_BITS = 6 };

// Table 6: Q6, the decision levels of the lower band's 60 intervals, for each sign alike.
static const int16_t decisions[DECISIONS + 1] = {0,   35,  72,   110,  150,  190,  233,  276,  323,  370,
                                                 422, 473, 530,  587,  650,  714,  786,  858,  940,  1023,
                                                 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};

/** QUANTL: the code of a difference in the lower band. */
static unsigned quantize_low(const struct g722_band *band, int32_t difference) {
  int32_t magnitude = difference >= 0 ? difference : -(difference + 1);
  unsigned interval = 1;
  while (interval <= DECISIONS && magnitude >= decisions[interval] * band->det >> 12) interval++;
  // Table 6: positive ones count down from 61, negative ones from 31, but the innermost two of these are 63 and 62.
  if (difference >= 0) return 62 - interval;
  return interval <= 2 ? 64 - interval : 34 - interval;
}

/** QUANTH: the code of a difference in the higher band (table 5). */
static unsigned quantize_high(const struct g722_band *band, int32_t difference) {
  int32_t magnitude = difference >= 0 ? difference : -(difference + 1);
  unsigned outer = magnitude >= HIGH_DECISION * band->det >> 12;
  return difference < 0 ? 1 - outer : 3 - outer;
}

void g722_encoder_init(struct g722_encoder *encoder) {
  memset(encoder, 0, sizeof *encoder);
  g722_bands_init(&encoder->low, &encoder->high);
}

static uint8_t encode_pair(struct g722_encoder *encoder, const int16_t *window) {
  struct g722_pair sums = g722_filter(window);
  // XL, XH: the sums' 2 to the power of 13, and the Recommendation's 14 bits for our 16.
  int32_t low = (sums.even + sums.odd) >> 14;
  int32_t high = (sums.odd - sums.even) >> 14;
  unsigned low_code = quantize_low(&encoder->low, g722_limit(low - encoder->low.s));
  g722_low_adapt(&encoder->low, low_code >> 2);
  unsigned high_code = quantize_high(&encoder->high, g722_limit(high - encoder->high.s));
  g722_high_adapt(&encoder->high, high_code);
  return (uint8_t)(high_code << LOW_BITS | low_code);
}

void g722_encode(struct g722_encoder *encoder, const int16_t *samples, uint8_t *octets, size_t count) {
  int16_t window[G722_FILTER_HISTORY + G722_BLOCK_SAMPLES];
  memcpy(window, encoder->history, sizeof encoder->history);
  while (count > 0) {
    size_t pairs = count < G722_BLOCK_SAMPLES / 2 ? count : G722_BLOCK_SAMPLES / 2;
    memcpy(window + G722_FILTER_HISTORY, samples, 2 * pairs * sizeof *samples);
    for (size_t at = 0; at < pairs; at++) octets[at] = encode_pair(encoder, window + 2 * at);
    memmove(window, window + 2 * pairs, sizeof encoder->history);
    samples += 2 * pairs;
    octets += pairs;
    count -= pairs;
  }
  memcpy(encoder->history, window, sizeof encoder->history);
}

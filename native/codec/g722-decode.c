// The decoder: ADPCM of each sub-band, then the quadrature mirror filter that joins them (§4, §6.2.1.5…). See g722.h.

#include <string.h>

#include "codec/g722-band.h"
#include "codec/g722-filter.h"
#include "codec/g722.h"

enum { LOW_MASK = 0x3F, LOW_BITS = 6, FIFTEEN_BITS_MOST = 16383 };

// Table 9: QM6, by all six bits. The first four codes are the encoder's never; they count as those beside them.
static const int16_t low_inverse6[64] = {
    -136,  -136,  -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
    -9360, -8576, -7856, -7192, -6576,  -6000,  -5456,  -4944,  -4464,  -4008,  -3576,  -3168,  -2776,
    -2400, -2032, -1688, -1360, -1040,  -728,   24808,  21904,  19008,  16704,  14984,  13512,  12280,
    11192, 10232, 9360,  8576,  7856,   7192,   6576,   6000,   5456,   4944,   4464,   4008,   3576,
    3168,  2776,  2400,  2032,  1688,   1360,   1040,   728,    432,    136,    -432,   -136};

/** LIMIT: 15 bits (§6.2.1.6, §6.2.2.5). */
static int32_t limit15(int32_t value) {
  if (value > FIFTEEN_BITS_MOST) return FIFTEEN_BITS_MOST;
  return value < -FIFTEEN_BITS_MOST - 1 ? -FIFTEEN_BITS_MOST - 1 : value;
}

void g722_decoder_init(struct g722_decoder *decoder) {
  memset(decoder, 0, sizeof *decoder);
  g722_bands_init(&decoder->low, &decoder->high);
}

/** The two samples that an octet adds to the filter's window. */
static void decode_octet(struct g722_decoder *decoder, uint8_t octet, int16_t *added) {
  struct g722_band *low_band = &decoder->low;
  struct g722_band *high_band = &decoder->high;
  unsigned low_code = octet & LOW_MASK;
  unsigned high_code = octet >> LOW_BITS;
  // INVQBL, RECONS and INVQAH with the band as it is, before it adapts.
  int32_t low = limit15(low_band->s + (low_band->det * low_inverse6[low_code] >> 15));
  int32_t high = limit15(high_band->s + (high_band->det * g722_high_inverse2[high_code] >> 15));
  g722_low_adapt(low_band, low_code >> 2);
  g722_high_adapt(high_band, high_code);
  added[0] = (int16_t)(low + high);
  added[1] = (int16_t)(low - high);
}

/** ACCUMC, ACCUMD: two samples of 16 bits for the Recommendation's 14. */
static void join(const int16_t *window, int16_t *samples) {
  struct g722_pair sums = g722_filter(window);
  samples[0] = (int16_t)g722_limit(sums.odd >> 11);
  samples[1] = (int16_t)g722_limit(sums.even >> 11);
}

void g722_decode(struct g722_decoder *decoder, const uint8_t *octets, int16_t *samples, size_t count) {
  int16_t window[G722_FILTER_HISTORY + G722_BLOCK_SAMPLES];
  memcpy(window, decoder->history, sizeof decoder->history);
  while (count > 0) {
    size_t pairs = count < G722_BLOCK_SAMPLES / 2 ? count : G722_BLOCK_SAMPLES / 2;
    for (size_t at = 0; at < pairs; at++) {
      decode_octet(decoder, octets[at], window + G722_FILTER_HISTORY + 2 * at);
      join(window + 2 * at, samples + 2 * at);
    }
    memmove(window, window + 2 * pairs, sizeof decoder->history);
    octets += pairs;
    samples += 2 * pairs;
    count -= pairs;
  }
  memcpy(decoder->history, window, sizeof decoder->history);
}

// G.711 by arithmetic, without tables: the number of a segment is an exponent and the four bits below it a mantissa, so
// converting the magnitude to a float does most of the work, in loops that a compiler can turn into vectors.
//
// A-law (G.711 table 1): positive and negative values differ in their bits only (one's complement), so the magnitude of
// x < 0 is -x-1: a sample on a decision value belongs to the interval above it. µ-law (table 2): the magnitude is |x|,
// so zero's interval lies evenly around zero: a sample on a decision value belongs to the interval farther from zero.
// Decoding gives the tables' values y at output times 8 (A) and 4 (µ).

#include "codec/g711.h"

#include <string.h>

#include "codec/g711-kernels.h"

enum {
  ULAW_BIAS = 33 * 4,                   // G.711 table 2: with 33 added, each segment begins at a power of two.
  ULAW_LARGEST = 8158 * 4 + 3,          // The last value below the virtual decision value 8159.
  FLOAT_MANTISSA_DROP = 23 - 4,         // Leaves the exponent and four bits of a float's mantissa.
  FLOAT_EXPONENT_128 = (127 + 7) << 4,  // The exponent of 128 to 255, where segment 0 would begin.
};

/** Exponent and four mantissa bits of 1 to 65535, counted from 128 on: negative below. */
static inline int32_t segment_and_step(int32_t magnitude) {
  float value = (float)magnitude;
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits >> FLOAT_MANTISSA_DROP) - FLOAT_EXPONENT_128;
}

void g711_portable_encode_alaw(const int16_t *restrict samples, uint8_t *restrict octets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int32_t sign = samples[i] >> 15;  // 0 or -1
    int32_t magnitude = samples[i] ^ sign;
    // Segments 0 and 1 are one line of 16-wide steps; from 256 on exponent and mantissa take over.
    int32_t linear = magnitude >> 4;
    int32_t low = linear < 15 ? linear : 15;
    int32_t high = segment_and_step(magnitude);
    int32_t code = high > low ? high : low;
    // Even bits are inverted (§3.4), and the polarity bit is 1 for positive values.
    octets[i] = (uint8_t)(code ^ 0xD5 ^ (sign & 0x80));
  }
}

void g711_portable_encode_ulaw(const int16_t *restrict samples, uint8_t *restrict octets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int32_t sign = samples[i] >> 15;
    int32_t magnitude = (samples[i] ^ sign) - sign;
    if (magnitude > ULAW_LARGEST) magnitude = ULAW_LARGEST;
    int32_t code = segment_and_step(magnitude + ULAW_BIAS);
    // All bits are inverted (table 2), the polarity bit is 1 for positive values.
    octets[i] = (uint8_t)(code ^ 0xFF ^ (sign & 0x80));
  }
}

void g711_portable_decode_alaw(const uint8_t *restrict octets, int16_t *restrict samples, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int32_t code = octets[i] ^ 0x55;
    int32_t segment = (code >> 4) & 7;
    int32_t step = ((code & 15) << 4) + 8;
    int32_t magnitude = segment == 0 ? step : (step + 256) << (segment - 1);
    int32_t sign = (code >> 7) - 1;  // 0 for positive, -1 for negative
    samples[i] = (int16_t)((magnitude ^ sign) - sign);
  }
}

void g711_portable_decode_ulaw(const uint8_t *restrict octets, int16_t *restrict samples, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int32_t code = octets[i] ^ 0xFF;
    int32_t magnitude = ((((code & 15) << 3) + ULAW_BIAS) << ((code >> 4) & 7)) - ULAW_BIAS;
    int32_t sign = -(code >> 7);  // 0 for positive, -1 for negative
    samples[i] = (int16_t)((magnitude ^ sign) - sign);
  }
}

dp_error g711_init_kernel(struct g711_codec *codec, enum g711_law law, enum g711_kernel kernel) {
  struct g711_functions functions;
  if (kernel == G711_KERNEL_PORTABLE) {
    functions.encode = law == G711_ALAW ? g711_portable_encode_alaw : g711_portable_encode_ulaw;
    functions.decode = law == G711_ALAW ? g711_portable_decode_alaw : g711_portable_decode_ulaw;
  } else if (!g711_x86_functions(law, kernel, &functions)) {
    return DP_UNSUPPORTED;
  }
  codec->encode = functions.encode;
  codec->decode = functions.decode;
  codec->silence = law == G711_ALAW ? 0xD5 : 0xFF;
  codec->kernel = kernel;
  return DP_OK;
}

void g711_init(struct g711_codec *codec, enum g711_law law) {
  if (g711_init_kernel(codec, law, G711_KERNEL_AVX2) == DP_OK) return;
  if (g711_init_kernel(codec, law, G711_KERNEL_SSE41) == DP_OK) return;
  (void)g711_init_kernel(codec, law, G711_KERNEL_PORTABLE);  // Always there.
}

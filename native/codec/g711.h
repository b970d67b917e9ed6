// G.711 (ITU-T 11/88): A-law and µ-law, 16-bit linear samples ⇄ octets, RFC 3551 §4.5.14 for the wire. Stateless; the
// fastest kernel that the processor has is chosen once, into the caller's struct. Any thread.
//
// 16-bit samples are taken as the Recommendation's 13-bit (A) and 14-bit (µ) scale times 8 and 4, full scale to full
// scale. A sample exactly on a decision value: see g711.c.
//
// Leaves out: appendix I (concealment) and II (comfort noise).

#ifndef DOORPHONE_CODEC_G711_H
#define DOORPHONE_CODEC_G711_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum g711_law {
  G711_ALAW, /**< PCMA, static payload type 8 */
  G711_ULAW  /**< PCMU, static payload type 0 */
};

enum g711_kernel {
  G711_KERNEL_PORTABLE, /**< Plain C loops that a compiler can vectorise (NEON). */
  G711_KERNEL_SSE41,
  G711_KERNEL_AVX2
};

typedef void(g711_encode_h)(const int16_t *samples, uint8_t *octets, size_t count);
typedef void(g711_decode_h)(const uint8_t *octets, int16_t *samples, size_t count);

/** A law and how to compute it. Any `count`, any alignment, source and destination must not overlap. */
struct g711_codec {
  g711_encode_h *encode;
  g711_decode_h *decode;
  uint8_t silence; /**< The octet for sample 0: 0xD5 (A), 0xFF (µ). */
  enum g711_kernel kernel;
};

/** Chooses the fastest kernel of this processor. */
void g711_init(struct g711_codec *codec, enum g711_law law);

/** Takes the kernel that is asked for. For tests and benches. @return DP_OK, DP_UNSUPPORTED if the processor lacks it
 */
dp_error g711_init_kernel(struct g711_codec *codec, enum g711_law law, enum g711_kernel kernel);

#endif

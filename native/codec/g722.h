// G.722 (ITU-T 09/2012) at 64 kbit/s, mode 1: sound of 50 to 7000 Hz in 64 kbit/s; two samples at 16 kHz are one octet (RFC
// 3551 §4.5.2). Encoder and decoder keep state from octet to octet, which is the caller's. Any thread; no allocation.
//
// Samples are 16 bit; the Recommendation's are 14 bit, and the two bits below are lost.
//
// Leaves out: modes 2 and 3, whose octets carry data; appendices III and IV, see jitter/concealment.h.

#ifndef DOORPHONE_CODEC_G722_H
#define DOORPHONE_CODEC_G722_H

#include <stddef.h>
#include <stdint.h>

#define G722_RATE_HZ 16000
#define G722_SAMPLES_AN_OCTET 2
/** What the quadrature mirror filters remember (§3.1, §4.4: 24 taps). */
#define G722_FILTER_HISTORY 22

/** Adaptive predictor and quantizer of one sub-band (§3.5, §3.6). Named as the Recommendation names them in §6. */
struct g722_band {
  int32_t s;     /**< What the predictor expects … */
  int32_t sz;    /**< … by its zeros alone. */
  int32_t r1;    /**< Signals reconstructed last, latest first. */
  int32_t r2;
  int32_t p1;    /**< Partially reconstructed ones. */
  int32_t p2;
  int32_t a1;    /**< Coefficients of the two poles, */
  int32_t a2;
  int32_t b[6];  /**< of the six zeros. */
  int32_t d[6];  /**< Differences quantized last. */
  int32_t nb;    /**< Logarithm of the scale, and */
  int32_t det;   /**< the scale of the quantizer. */
};

/** Fields are the codec's own. */
struct g722_encoder {
  struct g722_band low;
  struct g722_band high;
  int16_t history[G722_FILTER_HISTORY];
};

/** Fields are the codec's own. */
struct g722_decoder {
  struct g722_band low;
  struct g722_band high;
  int16_t history[G722_FILTER_HISTORY];
};

void g722_encoder_init(struct g722_encoder *encoder);

/** Encodes 2 × `count` samples. */
void g722_encode(struct g722_encoder *encoder, const int16_t *samples, uint8_t *octets, size_t count);

void g722_decoder_init(struct g722_decoder *decoder);

/** Decodes into 2 × `count` samples. */
void g722_decode(struct g722_decoder *decoder, const uint8_t *octets, int16_t *samples, size_t count);

#endif

// Call progress tones with European cadences (ETSI TR 101 041-2; 425 Hz): ringback, busy, failure (congestion). Phase
// runs on through calls, edges are ramped over 5 ms so that nothing clicks. The caller owns the state; one thread.

#ifndef DOORPHONE_DSP_TONE_H
#define DOORPHONE_DSP_TONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum tone_kind {
  TONE_NONE,
  TONE_RINGBACK, /**< 1 s on, 4 s off */
  TONE_BUSY,     /**< 0.5 s on, 0.5 s off */
  TONE_FAILURE   /**< 0.25 s on, 0.25 s off */
};

/** Fields are the generator's own. */
struct tone_generator {
  enum tone_kind kind;
  uint32_t rate_hz;
  uint32_t on_samples;
  uint32_t period_samples;
  uint32_t at;         /**< Sample within the cadence. */
  float envelope;      /**< 0 to 1 */
  float envelope_step; /**< A sample. */
  float cosine_step;   /**< The oscillator turns by this complex step a sample. */
  float sine_step;
  float cosine;
  float sine;
  float amplitude;
};

/** Silent until tone_set. @param amplitude peak, 0 to 32767 @return DP_OK, DP_INVALID_ARGUMENT */
dp_error tone_init(struct tone_generator *tone, uint32_t rate_hz, int16_t amplitude);

/** Starts a cadence from its beginning; the same kind again goes on undisturbed. */
void tone_set(struct tone_generator *tone, enum tone_kind kind);

/** The next samples; zeros for TONE_NONE. */
void tone_read(struct tone_generator *tone, int16_t *samples, size_t count);

#endif

// Sound of 8 kHz and of 16 kHz beside each other: streams have the one or the other, and so has the device. What the
// other rate needs is converted once a turn for all streams together; where nobody has the other rate, nothing is. One
// thread; no allocation.

#ifndef DOORPHONE_ENGINE_BANDS_H
#define DOORPHONE_ENGINE_BANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dsp/resampler.h"
#include "engine/audio-io.h"

/** A turn at both rates, 20 ms at most. */
struct bands_frame {
  int16_t narrow[AUDIO_FRAME_SAMPLES];
  int16_t wide[AUDIO_WIDE_FRAME_SAMPLES];
};

/** More than the filters between 8 and 16 kHz take; bands_init checks it. */
#define BANDS_FILTER_BYTES 2048

/** Fields are the bands' own. */
struct bands {
  bool wide;      /**< The device's rate is 16 kHz. */
  uint32_t ringing_ms; /**< For so long the converter to the device's rate has sound in it. */
  bool listening; /**< The converter from the device's rate was used in the last turn. */
  struct resampler to_device;
  struct resampler from_device;
  _Alignas(16) uint8_t to_filter[BANDS_FILTER_BYTES];
  _Alignas(16) uint8_t from_filter[BANDS_FILTER_BYTES];
};

/** @param wide the device speaks 16 kHz @return DP_OK, DP_NO_SPACE */
dp_error bands_init(struct bands *bands, bool wide);

/**
 * Brings what is to be heard to the device's rate.
 * @param frame both rates' sums; the device's becomes the sum of both
 * @param ms how long it is
 * @param other whether there is sound of the other rate
 */
void bands_join(struct bands *bands, struct bands_frame *frame, uint32_t ms, bool other);

/**
 * Brings what the microphone heard to the other rate.
 * @param frame at the device's rate
 * @param ms how long it is
 * @param other whether anybody needs the other; else it is left as it is
 */
void bands_spread(struct bands *bands, struct bands_frame *frame, uint32_t ms, bool other);

/** The half of a frame that has this rate. */
static inline int16_t *bands_samples(struct bands_frame *frame, bool wide) {
  return wide ? frame->wide : frame->narrow;
}

#endif

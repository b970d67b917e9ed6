// See bands.h.

#include "engine/bands.h"

#include <string.h>

#include "dsp/mix.h"

dp_error bands_init(struct bands *bands, bool wide) {
  memset(bands, 0, sizeof *bands);
  bands->wide = wide;
  uint32_t device_hz = audio_rate_hz(wide);
  uint32_t other_hz = audio_rate_hz(!wide);
  dp_error error =
      resampler_init(&bands->to_device, other_hz, device_hz, bands->to_filter, sizeof bands->to_filter);
  if (error != DP_OK) return error;
  return resampler_init(&bands->from_device, device_hz, other_hz, bands->from_filter, sizeof bands->from_filter);
}

/** Converts a frame between the two rates: their ratio is whole, so a frame always makes a frame. */
static void convert(struct resampler *resampler, const int16_t *input, int16_t *output, bool to_wide) {
  struct resampler_block block = {.input = input,
                                  .input_count = audio_frame_samples(!to_wide),
                                  .output = output,
                                  .output_capacity = audio_frame_samples(to_wide)};
  if (resampler_process(resampler, &block) != DP_OK) memset(output, 0, audio_frame_samples(to_wide) * sizeof *output);
}

void bands_join(struct bands *bands, struct bands_frame *frame, bool other) {
  // One frame of silence behind the sound empties the filter, which is shorter than that.
  if (!other && !bands->playing) return;
  bands->playing = other;
  int16_t converted[AUDIO_WIDE_FRAME_SAMPLES];
  convert(&bands->to_device, bands_samples(frame, !bands->wide), converted, bands->wide);
  mix_add(bands_samples(frame, bands->wide), converted, audio_frame_samples(bands->wide));
}

void bands_spread(struct bands *bands, struct bands_frame *frame, bool other) {
  if (other && !bands->listening) resampler_forget(&bands->from_device);
  bands->listening = other;
  if (!other) return;
  convert(&bands->from_device, bands_samples(frame, bands->wide), bands_samples(frame, !bands->wide), !bands->wide);
}

// See bands.h.

#include "engine/bands.h"

#include <string.h>

#include "dsp/mix.h"

/** So much silence behind the sound empties the filter, which is shorter. */
#define RINGS_MS 20

dp_error bands_init(struct bands *bands, bool wide) {
  memset(bands, 0, sizeof *bands);
  bands->wide = wide;
  uint32_t device_hz = audio_rate_hz(wide);
  uint32_t other_hz = audio_rate_hz(!wide);
  dp_error error =
      resampler_init_prompt(&bands->to_device, other_hz, device_hz, bands->to_filter, sizeof bands->to_filter);
  if (error != DP_OK) return error;
  return resampler_init_prompt(&bands->from_device, device_hz, other_hz, bands->from_filter, sizeof bands->from_filter);
}

/** Converts a frame between the two rates: their ratio is whole, so a frame always makes a frame. */
static void convert(struct resampler *resampler, struct bands_frame *frame, uint32_t ms, bool to_wide, int16_t *output) {
  size_t count = audio_samples(to_wide, ms);
  struct resampler_block block = {.input = bands_samples(frame, !to_wide),
                                  .input_count = audio_samples(!to_wide, ms),
                                  .output = output,
                                  .output_capacity = count};
  if (resampler_process(resampler, &block) != DP_OK) memset(output, 0, count * sizeof *output);
}

void bands_join(struct bands *bands, struct bands_frame *frame, uint32_t ms, bool other) {
  if (other) bands->ringing_ms = RINGS_MS;
  if (bands->ringing_ms == 0) return;
  if (!other) bands->ringing_ms -= ms < bands->ringing_ms ? ms : bands->ringing_ms;
  int16_t converted[AUDIO_WIDE_FRAME_SAMPLES];
  convert(&bands->to_device, frame, ms, bands->wide, converted);
  mix_add(bands_samples(frame, bands->wide), converted, audio_samples(bands->wide, ms));
}

void bands_spread(struct bands *bands, struct bands_frame *frame, uint32_t ms, bool other) {
  if (other && !bands->listening) resampler_forget(&bands->from_device);
  bands->listening = other;
  if (other) convert(&bands->from_device, frame, ms, !bands->wide, bands_samples(frame, !bands->wide));
}

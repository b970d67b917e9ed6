// See mix.h.

#include "dsp/mix.h"

void mix_add(int16_t *onto, const int16_t *samples, size_t count) {
  for (size_t i = 0; i < count; i++) onto[i] = mix_saturate(onto[i] + samples[i]);
}

void mix_to_mono(const int16_t *interleaved, size_t channels, size_t frames, int16_t *mono) {
  for (size_t i = 0; i < frames; i++) {
    int64_t sum = 0;
    for (size_t channel = 0; channel < channels; channel++) sum += interleaved[i * channels + channel];
    mono[i] = (int16_t)(sum / (int64_t)channels);
  }
}

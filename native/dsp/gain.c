// See gain.h.

#include "dsp/gain.h"

#include "dsp/mix.h"

enum { UNITY = 65536 };

static int32_t factor_of(uint32_t percent) {
  if (percent > GAIN_MAX_PERCENT) percent = GAIN_MAX_PERCENT;
  return (int32_t)((uint64_t)percent * percent * UNITY / 10000);
}

void gain_init(struct gain *gain, uint32_t percent) {
  gain->target = factor_of(percent);
  gain->factor = gain->target;
}

void gain_set(struct gain *gain, uint32_t percent) { gain->target = factor_of(percent); }

static int16_t scale(int16_t sample, int64_t factor) {
  int64_t scaled = sample * factor / UNITY;
  if (scaled > INT16_MAX) return INT16_MAX;
  if (scaled < INT16_MIN) return INT16_MIN;
  return (int16_t)scaled;
}

void gain_apply(struct gain *gain, int16_t *samples, size_t count) {
  int64_t from = gain->factor;
  int64_t change = (int64_t)gain->target - from;
  if (change == 0 && from == UNITY) return;
  for (size_t i = 0; i < count; i++) {
    // The last sample of the block bears the target.
    samples[i] = scale(samples[i], from + change * ((int64_t)i + 1) / (int64_t)count);
  }
  if (count > 0) gain->factor = gain->target;
}

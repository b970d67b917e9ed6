// See level.h.

#include "dsp/level.h"

#include <math.h>

static const double silence_db = -100;
static const double full_scale = 32768;

void level_reset(struct level_meter *meter) { *meter = (struct level_meter){0}; }

void level_add(struct level_meter *meter, const int16_t *samples, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int32_t sample = samples[i];
    uint32_t magnitude = (uint32_t)(sample < 0 ? -sample : sample);
    if (magnitude > meter->peak) meter->peak = magnitude;
    meter->sum_of_squares += (uint64_t)magnitude * magnitude;
  }
  meter->count += count;
}

double level_rms(const struct level_meter *meter) {
  if (meter->count == 0) return 0;
  return sqrt((double)meter->sum_of_squares / (double)meter->count);
}

double level_decibels(double amplitude) {
  if (amplitude <= 0) return silence_db;
  return fmax(20 * log10(amplitude / full_scale), silence_db);
}

double level_dbfs(const struct level_meter *meter) { return level_decibels(level_rms(meter)); }

// See levels.h.

#include "engine/levels.h"

#include <string.h>

static void measure(struct level_gauge *gauge, bool begins, const int16_t *samples, size_t count, size_t part) {
  struct level_meter second;
  if (begins) meter_begin(&gauge->meter);
  memcpy(gauge->gathered + gauge->count, samples, count * sizeof *samples);
  gauge->count += count;
  if (gauge->count < part) return;
  meter_add(&gauge->meter, gauge->gathered, gauge->count);
  gauge->count = 0;
  meter_read(&gauge->meter, &second);
  atomic_store_explicit(&gauge->rms, (float)level_rms(&second), memory_order_relaxed);
  atomic_store_explicit(&gauge->peak, second.peak, memory_order_relaxed);
  atomic_store_explicit(&gauge->clipped, gauge->meter.clipped, memory_order_relaxed);
}

void levels_turn(struct levels *levels, bool in_call, const int16_t *played, const int16_t *spoken, size_t count) {
  bool begins = in_call && !levels->in_call;
  levels->in_call = in_call;
  measure(&levels->speaker, begins, played, count, levels->part);
  measure(&levels->microphone, begins, spoken, count, levels->part);
}

static void read_gauge(const struct level_gauge *gauge, struct engine_level *level) {
  level->rms_dbfs = level_decibels((double)atomic_load_explicit(&gauge->rms, memory_order_relaxed));
  level->peak_dbfs = level_decibels(atomic_load_explicit(&gauge->peak, memory_order_relaxed));
  level->clipped = atomic_load_explicit(&gauge->clipped, memory_order_relaxed);
}

void levels_read(const struct levels *levels, struct engine_levels *read) {
  read_gauge(&levels->speaker, &read->speaker);
  read_gauge(&levels->microphone, &read->microphone);
}

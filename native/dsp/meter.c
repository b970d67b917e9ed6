// See meter.h.

#include "dsp/meter.h"

/** A converter's ends, and those of a sum that does not fit. */
#define FULL_SCALE 32767

void meter_begin(struct meter *meter) { meter->clipped = 0; }

/** The greatest peak of all turns: looked for only when the turn that had it is gone. */
static uint32_t greatest_peak(const struct meter *meter) {
  uint32_t peak = 0;
  for (size_t at = 0; at < METER_TURNS; at++) {
    if (meter->turns[at].peak > peak) peak = meter->turns[at].peak;
  }
  return peak;
}

void meter_add(struct meter *meter, const int16_t *samples, size_t count) {
  struct level_meter *turn = &meter->turns[meter->next];
  struct level_meter *second = &meter->second;
  const struct level_meter gone = *turn;
  meter->next = (meter->next + 1) % METER_TURNS;
  level_reset(turn);
  level_add(turn, samples, count);
  // Whole numbers: what was added is what is taken away.
  second->sum_of_squares += turn->sum_of_squares - gone.sum_of_squares;
  second->count += turn->count - gone.count;
  if (turn->peak >= second->peak) second->peak = turn->peak;
  else if (gone.peak == second->peak) second->peak = greatest_peak(meter);
  if (turn->peak < FULL_SCALE) return;
  for (size_t at = 0; at < count; at++) meter->clipped += samples[at] >= FULL_SCALE || samples[at] <= -FULL_SCALE;
}

void meter_read(const struct meter *meter, struct level_meter *second) { *second = meter->second; }

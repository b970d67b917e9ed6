// See meter.h.

#include "dsp/meter.h"

/** A converter's ends, and those of a sum that does not fit. */
#define FULL_SCALE 32767

void meter_begin(struct meter *meter) { meter->clipped = 0; }

void meter_add(struct meter *meter, const int16_t *samples, size_t count) {
  struct level_meter *turn = &meter->turns[meter->next];
  meter->next = (meter->next + 1) % METER_TURNS;
  level_reset(turn);
  level_add(turn, samples, count);
  if (turn->peak < FULL_SCALE) return;
  for (size_t at = 0; at < count; at++) meter->clipped += samples[at] >= FULL_SCALE || samples[at] <= -FULL_SCALE;
}

void meter_read(const struct meter *meter, struct level_meter *second) {
  level_reset(second);
  for (size_t at = 0; at < METER_TURNS; at++) {
    const struct level_meter *turn = &meter->turns[at];
    second->sum_of_squares += turn->sum_of_squares;
    second->count += turn->count;
    if (turn->peak > second->peak) second->peak = turn->peak;
  }
}

// A level meter as it stands in the state: RMS and peak of the last second, and how many samples were cut off since it was
// begun. One block a turn; the caller owns the state; one thread.

#ifndef DOORPHONE_DSP_METER_H
#define DOORPHONE_DSP_METER_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/level.h"

/** Turns of 20 ms. */
#define METER_TURNS 50

/** Zero-initialised is silence. Fields are the meter's own, but for `clipped`. */
struct meter {
  struct level_meter turns[METER_TURNS];
  struct level_meter second; /**< Of all of them. */
  size_t next;
  uint64_t clipped; /**< To read: samples at full scale. */
};

/** Counts what is cut off anew. */
void meter_begin(struct meter *meter);

/** One turn of sound. */
void meter_add(struct meter *meter, const int16_t *samples, size_t count);

/** The last second: its sum and its peak. */
void meter_read(const struct meter *meter, struct level_meter *second);

#endif

// The levels at the device (dsp/meter.h) as the engine has them: measured on the media thread, to be read by any. For
// engine/ alone.

#ifndef DOORPHONE_ENGINE_LEVELS_H
#define DOORPHONE_ENGINE_LEVELS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/meter.h"
#include "engine/engine.h"

/** The meter's turn at 16 kHz. */
#define LEVELS_MOST_PART 320

/** One direction. The atomic ones are written by the media thread once a turn; each stands for itself. */
struct level_gauge {
  struct meter meter;
  int16_t gathered[LEVELS_MOST_PART]; /**< Of turns that are shorter. */
  size_t count;
  _Atomic float rms; /**< Of full scale 32768. */
  _Atomic uint32_t peak;
  _Atomic uint64_t clipped;
};

struct levels {
  size_t part;  /**< Samples of a meter's turn, 20 ms. To write, before the first turn. */
  bool in_call; /**< In the last turn. */
  struct level_gauge speaker;
  struct level_gauge microphone;
};

/** One turn. Media thread. @param in_call what is cut off counts from its beginning */
void levels_turn(struct levels *levels, bool in_call, const int16_t *played, const int16_t *spoken, size_t count);

/** Any thread. */
void levels_read(const struct levels *levels, struct engine_levels *read);

#endif

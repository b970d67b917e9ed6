// A calibration between the threads. For engine/ alone.

#ifndef DOORPHONE_ENGINE_MEASUREMENT_H
#define DOORPHONE_ENGINE_MEASUREMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/audio-io.h"
#include "voice/calibration.h"

enum measurement_outcome {
  MEASUREMENT_RUNS,
  MEASUREMENT_DONE,
  MEASUREMENT_DISTURBED, /**< Somebody rang, or a call came. */
  MEASUREMENT_FAILED,    /**< The device did. */
};

/** The media thread's until its outcome is another than MEASUREMENT_RUNS, then the control thread's. */
struct measurement {
  struct calibration calibration;
  atomic_int outcome;
};

/** What passed the device in a turn. */
struct measurement_turn {
  const int16_t *played;
  const int16_t *spoken;
  size_t count;
  enum audio_fault fault;
};

struct engine;

/** Takes it over. Media thread, as those below; they do nothing while there is none. */
void measurement_begin(struct engine *engine, struct measurement *measurement);

/** Adds what is to be played. @param disturbed somebody else wants the device */
void measurement_play(struct engine *engine, bool disturbed, int16_t *heard, size_t count);

void measurement_hear(struct engine *engine, const struct measurement_turn *turn);

#endif

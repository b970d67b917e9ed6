// Calibration in an engine that runs: the control thread lends the media thread a measurement and has it back when it is
// over. See engine.h.

#define _GNU_SOURCE

#include <math.h>
#include <stdlib.h>

#include "engine/engine-parts.h"
#include "engine/realtime.h"

// ---- control ----

dp_error engine_begin_calibration(struct engine *engine) {
  if (engine->lent) return DP_FULL;
  struct measurement *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  dp_error error = calibration_init(&made->calibration, audio_rate_hz(engine->device.wide));
  (void)realtime_lock_memory(made, sizeof *made);
  const struct engine_command command = {.kind = ENGINE_COMMAND_CALIBRATE, .measurement = made};
  if (error == DP_OK) error = engine_command(engine, &command);
  if (error != DP_OK) {
    free(made);
    return error;
  }
  engine->lent = made;
  return DP_OK;
}

dp_error engine_take_calibration(struct engine *engine, struct calibration_report *report) {
  struct measurement *measurement = engine->lent;
  if (!measurement) return DP_NOT_FOUND;
  int outcome = atomic_load_explicit(&measurement->outcome, memory_order_acquire);
  if (outcome == MEASUREMENT_RUNS) return DP_EMPTY;
  engine->lent = NULL;
  dp_error error = DP_DEVICE;
  if (outcome == MEASUREMENT_DONE) error = calibration_judge(&measurement->calibration, report);
  if (outcome == MEASUREMENT_DISTURBED) error = DP_FULL;
  free(measurement);
  return error;
}

static bool is_finite(const float *samples, size_t count) {
  for (size_t at = 0; at < count; at++) {
    if (!isfinite(samples[at])) return false;
  }
  return true;
}

dp_error engine_set_echo(struct engine *engine, float delay_ms, const float *path, size_t count) {
  if (!(delay_ms >= 0)) return DP_INVALID_ARGUMENT;
  if (path && (count != engine_path_samples(engine) || !is_finite(path, count))) return DP_INVALID_ARGUMENT;
  const struct engine_command command = {.kind = ENGINE_COMMAND_ECHO,
                                         .echo = {.delay_ms = delay_ms, .path = path, .count = count}};
  return engine_ask(engine, &command);
}

size_t engine_path_samples(const struct engine *engine) {
  return (size_t)audio_rate_hz(engine->device.wide) / 1000 * VOICE_PATH_MS;
}

// ---- media thread ----

/** Afterwards it is the control thread's. */
static void give_back(struct engine *engine, enum measurement_outcome outcome) {
  atomic_store_explicit(&engine->measurement->outcome, outcome, memory_order_release);
  engine->measurement = NULL;
}

void measurement_begin(struct engine *engine, struct measurement *measurement) { engine->measurement = measurement; }

void measurement_play(struct engine *engine, bool disturbed, int16_t *heard, size_t count) {
  if (!engine->measurement) return;
  // Whoever rings goes before.
  if (disturbed || announcer_is_busy(&engine->announcer)) give_back(engine, MEASUREMENT_DISTURBED);
  else calibration_play(&engine->measurement->calibration, heard, count);
}

void measurement_hear(struct engine *engine, const struct measurement_turn *turn) {
  if (!engine->measurement) return;
  if (turn->fault != AUDIO_FAULT_NONE) give_back(engine, MEASUREMENT_FAILED);
  else if (calibration_hear(&engine->measurement->calibration, turn->played, turn->spoken, turn->count)) {
    give_back(engine, MEASUREMENT_DONE);
  }
}

// See measurement-functions.h.

#include "binding/measurement-functions.h"

#include <string.h>

#include "binding/arguments.h"
#include "binding/engine-handle.h"
#include "binding/error-code.h"
#include "binding/layout.h"

/** What calibrationTake answers. */
enum taken { TAKEN_NOTHING = 0, TAKEN_REPORT = 1, TAKEN_DISTURBED = 2, TAKEN_FAILED = 3 };

napi_value levels_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  double *numbers;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "levels", LAYOUT_LEVELS, &numbers)) return NULL;
  struct engine_levels levels;
  engine_read_levels(engine, &levels);
  layout_levels(&levels, numbers);
  return NULL;
}

napi_value calibration_begin_function(napi_env env, napi_callback_info info) {
  napi_value value;
  if (!arguments_take(env, info, &value, 1)) return NULL;
  struct engine *engine = engine_handle_get(env, value);
  if (!engine) return NULL;
  dp_error error = engine_begin_calibration(engine);
  if (error != DP_FULL) error_throw_engine(env, error, "measuring the sound");
  return answer_flag(env, error == DP_OK);
}

napi_value calibration_take_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  double *numbers;
  float *path;
  size_t room;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "calibration", LAYOUT_CALIBRATION, &numbers) ||
      !arguments_floats(env, values[2], "path", &path, &room)) {
    return NULL;
  }
  if (room < VOICE_PATH_MOST) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "path must have room for %d samples", VOICE_PATH_MOST);
    return NULL;
  }
  struct calibration_report report;
  switch (engine_take_calibration(engine, &report)) {
  case DP_OK:
    layout_calibration(&report, numbers);
    memcpy(path, report.path, report.path_count * sizeof *path);
    return answer_number(env, TAKEN_REPORT);
  case DP_EMPTY:
    return answer_number(env, TAKEN_NOTHING);
  case DP_FULL:
    return answer_number(env, TAKEN_DISTURBED);
  case DP_DEVICE:
    return answer_number(env, TAKEN_FAILED);
  case DP_NOT_FOUND:
    error_throw(env, ERROR_INVALID_ARGUMENT, "no calibration was begun");
    return NULL;
  default:
    error_throw_engine(env, DP_SYSTEM, "measuring the sound");
    return NULL;
  }
}

napi_value set_echo_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  napi_value answer = NULL;
  napi_valuetype type;
  double delay_ms;
  float *path = NULL;
  size_t count = 0;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || napi_typeof(env, values[2], &type) != napi_ok) return NULL;
  if (napi_get_value_double(env, values[1], &delay_ms) != napi_ok) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "delayMs must be a number");
    return NULL;
  }
  if (type != napi_undefined && !arguments_floats(env, values[2], "path", &path, &count)) return NULL;
  bool counts = path && count == engine_path_samples(engine);
  dp_error error = engine_set_echo(engine, (float)delay_ms, counts ? path : NULL, count);
  error_throw_engine(env, error, "expecting the echo");
  (void)napi_get_boolean(env, counts, &answer);
  return answer;
}

// See voice-functions.h.

#include "binding/voice-functions.h"

#include "binding/arguments.h"
#include "binding/engine-handle.h"
#include "binding/error-code.h"
#include "binding/layout.h"

bool voice_switches_read(napi_env env, napi_value object, struct voice_switches *switches) {
  return arguments_flag_member(env, object, "echoCancellation", &switches->echo_cancellation) &&
         arguments_flag_member(env, object, "noiseSuppression", &switches->noise_suppression) &&
         arguments_flag_member(env, object, "gainControl", &switches->gain_control);
}

napi_value set_voice_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct voice_switches switches;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !voice_switches_read(env, values[1], &switches)) return NULL;
  error_throw_engine(env, engine_set_voice(engine, switches), "switching echo cancellation");
  return NULL;
}

napi_value voice_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  double *numbers;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "voice", LAYOUT_VOICE, &numbers)) return NULL;
  struct voice_report report;
  engine_read_voice(engine, &report);
  layout_voice(&report, numbers);
  return NULL;
}

napi_value set_tone_digits_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  bool counted;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine) return NULL;
  if (napi_get_value_bool(env, values[1], &counted) != napi_ok) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "counted must be a boolean");
    return NULL;
  }
  error_throw_engine(env, engine_set_tone_digits(engine, counted), "listening for digits");
  return NULL;
}

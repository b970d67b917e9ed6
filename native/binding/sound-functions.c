// See sound-functions.h.

#include "binding/sound-functions.h"

#include <errno.h>
#include <stdlib.h>

#include "binding/arguments.h"
#include "binding/engine-handle.h"
#include "binding/error-code.h"
#include "codec/opus-library.h"
#include "fileio/wav.h"

static const int64_t tone_range[2] = {ENGINE_TONE_NONE, ENGINE_TONE_OPENED};

/** Takes engine and tone, the first two of `count` arguments. @return null: an exception is on its way */
static struct engine *take_tone(napi_env env, napi_callback_info info, napi_value *values, size_t count,
                                enum engine_tone *tone) {
  int64_t number;
  if (!arguments_take(env, info, values, count)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_integer(env, values[1], "tone", tone_range, &number)) return NULL;
  *tone = (enum engine_tone)number;
  return engine;
}

/** A function of engine and tone alone. @param doing what it does, for the exception */
static napi_value do_with_tone(napi_env env, napi_callback_info info,
                               dp_error (*act)(struct engine *engine, enum engine_tone tone), const char *doing) {
  napi_value values[2];
  enum engine_tone tone;
  struct engine *engine = take_tone(env, info, values, 2, &tone);
  if (engine) error_throw_engine(env, act(engine, tone), doing);
  return NULL;
}

napi_value play_function(napi_env env, napi_callback_info info) {
  return do_with_tone(env, info, engine_play, "playing a tone");
}

napi_value announce_function(napi_env env, napi_callback_info info) {
  return do_with_tone(env, info, engine_announce, "announcing");
}

/** @return false: an exception is on its way, and nothing is to be freed */
static bool load(napi_env env, const char *path, uint32_t rate_hz, struct engine_sound *sound) {
  enum wav_fault fault = wav_load(path, rate_hz, &sound->samples, &sound->count);
  if (fault != WAV_OK) {
    const struct fileio_options options = {.input = path};
    const struct fileio_problem problem = {.input = fault, .system_error = errno};
    error_throw_file(env, &options, &problem);
    return false;
  }
  if (sound->count <= (size_t)ENGINE_SOUND_SECONDS * rate_hz) return true;
  free(sound->samples);
  error_throw(env, ERROR_FILE_TOO_LARGE, "%s lasts longer than %d s", path, ENGINE_SOUND_SECONDS);
  return false;
}

napi_value set_sound_function(napi_env env, napi_callback_info info) {
  napi_value values[4];
  napi_valuetype type;
  char path[ARGUMENT_TEXT_BYTES];
  enum engine_tone tone;
  struct engine_sound sound = {.samples = NULL};
  struct engine *engine = take_tone(env, info, values, 4, &tone);
  if (!engine || napi_typeof(env, values[2], &type) != napi_ok) return NULL;
  if (napi_get_value_bool(env, values[3], &sound.silent) != napi_ok) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "silent must be a boolean");
    return NULL;
  }
  uint32_t rate_hz = audio_rate_hz(engine_is_wide(engine));
  if (type != napi_undefined) {
    if (!arguments_text(env, values[2], "file", path) || !load(env, path, rate_hz, &sound)) return NULL;
  }
  double ms = (double)sound.count * 1000 / rate_hz;
  dp_error error = engine_set_sound(engine, tone, &sound);
  if (error != DP_OK) free(sound.samples);
  error_throw_engine(env, error, "taking a sound");
  return error == DP_OK ? answer_number(env, ms) : NULL;
}

napi_value sound_try_function(napi_env env, napi_callback_info info) {
  napi_value values[1];
  char path[ARGUMENT_TEXT_BYTES];
  struct engine_sound sound = {.samples = NULL};
  if (!arguments_take(env, info, values, 1) || !arguments_text(env, values[0], "file", path)) return NULL;
  if (load(env, path, audio_rate_hz(false), &sound)) free(sound.samples);
  return NULL;
}

napi_value opus_found_function(napi_env env, napi_callback_info info) {
  struct opus_library library = {.object = NULL};
  (void)info;
  bool found = opus_library_open(&library) == DP_OK;
  opus_library_close(&library);
  return answer_flag(env, found);
}

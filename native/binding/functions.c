// The functions that JavaScript calls: each reads its arguments, calls the engine and throws what it answers. The types are
// in src/native.ts. JavaScript's thread; one addon may be loaded by several environments, so nothing here is static but
// constants.

#include "binding/functions.h"

#include <string.h>

#include "alsa/alsa.h"
#include "binding/alsa-functions.h"
#include "binding/arguments.h"
#include "binding/datagram-functions.h"
#include "binding/engine-handle.h"
#include "binding/error-code.h"
#include "binding/gpio-functions.h"
#include "binding/layout.h"
#include "binding/mapping-functions.h"
#include "binding/measurement-functions.h"
#include "binding/network-news-functions.h"
#include "binding/notify-function.h"
#include "binding/readable.h"
#include "binding/sound-functions.h"
#include "binding/stream-parameters.h"
#include "binding/voice-functions.h"
#include "crypto/secure.h"
#include "engine/lateness.h"
#include "fileio/fileio.h"

/** Events that are taken at once: what fits into the caller's array, up to this. */
#define EVENT_BATCH 64

static const int64_t port_range[2] = {1, 65535};
static const int64_t percent_range[2] = {0, 100};
static const int64_t session_range[2] = {0, UINT32_MAX};
static const int64_t sessions_range[2] = {0, ENGINE_MAX_SESSIONS};
static const int64_t milliseconds_range[2] = {0, UINT32_MAX};

// ---- engine ----

static bool open_file_device(napi_env env, napi_value device, bool wide, struct audio_io *io) {
  char input[ARGUMENT_TEXT_BYTES];
  char output[ARGUMENT_TEXT_BYTES];
  bool has_input;
  bool has_output;
  if (!arguments_text_member(env, device, "input", input, &has_input)) return false;
  if (!arguments_text_member(env, device, "output", output, &has_output)) return false;
  const struct fileio_options options = {
      .input = has_input ? input : NULL, .output = has_output ? output : NULL, .wide = wide};
  struct fileio_problem problem;
  dp_error error = fileio_open(&options, io, &problem);
  if (error == DP_DEVICE) error_throw_file(env, &options, &problem);
  else error_throw_engine(env, error, "opening the sound device");
  return error == DP_OK;
}

static bool open_alsa_device(napi_env env, napi_value device, bool wide, struct audio_io *io) {
  char name[ARGUMENT_TEXT_BYTES];
  if (!arguments_text_member(env, device, "name", name, NULL)) return false;
  dp_error error = alsa_open(name, wide, io);
  if (error == DP_UNSUPPORTED) {
    error_throw(env, ERROR_ALSA_MISSING, "sound device alsa:%s needs libasound.so.2, which is not installed", name);
  } else {
    error_throw_engine(env, error, "opening the sound device");
  }
  return error == DP_OK;
}

static bool open_device(napi_env env, napi_value device, bool wide, struct audio_io *io) {
  const struct fileio_options silence = {.input = NULL, .output = NULL, .wide = wide};
  char kind[ARGUMENT_TEXT_BYTES];
  if (!arguments_text_member(env, device, "kind", kind, NULL)) return false;
  if (strcmp(kind, "file") == 0) return open_file_device(env, device, wide, io);
  if (strcmp(kind, "alsa") == 0) return open_alsa_device(env, device, wide, io);
  if (strcmp(kind, "virtual") != 0) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "kind must be virtual, file or alsa");
    return false;
  }
  struct fileio_problem problem;
  dp_error error = fileio_open(&silence, io, &problem);
  error_throw_engine(env, error, "opening the sound device");
  return error == DP_OK;
}

static napi_value engine_create_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  napi_value device;
  napi_value voice;
  napi_valuetype type;
  int64_t sessions;
  int64_t first;
  int64_t last;
  int64_t speaker;
  int64_t microphone;
  bool wide;
  struct voice_switches switches;
  bool opus;
  if (!arguments_take(env, info, values, 2)) return NULL;
  if (napi_typeof(env, values[1], &type) != napi_ok || type != napi_function) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "wake must be a function");
    return NULL;
  }
  if (!arguments_integer_member(env, values[0], "sessions", sessions_range, &sessions) ||
      !arguments_integer_member(env, values[0], "firstPort", port_range, &first) ||
      !arguments_integer_member(env, values[0], "lastPort", port_range, &last) ||
      !arguments_integer_member(env, values[0], "speaker", percent_range, &speaker) ||
      !arguments_integer_member(env, values[0], "microphone", percent_range, &microphone) ||
      !arguments_flag_member(env, values[0], "wideband", &wide) ||
      !arguments_flag_member(env, values[0], "opus", &opus) ||
      !arguments_member(env, values[0], "voice", &voice) || !voice_switches_read(env, voice, &switches) ||
      !arguments_member(env, values[0], "device", &device)) {
    return NULL;
  }
  struct engine_options options = {.first_port = (uint16_t)first,
                                   .last_port = (uint16_t)last,
                                   .sessions = (uint16_t)sessions,
                                   .speaker_percent = (uint8_t)speaker,
                                   .microphone_percent = (uint8_t)microphone,
                                   .voice = switches,
                                   .opus = opus};
  if (!open_device(env, device, wide, &options.device)) return NULL;
  return engine_handle_create(env, &options, values[1]);
}

static napi_value engine_close_function(napi_env env, napi_callback_info info) {
  napi_value engine;
  if (arguments_take(env, info, &engine, 1)) engine_handle_close(env, engine);
  return NULL;
}

static napi_value set_gain_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int64_t speaker;
  int64_t microphone;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_integer(env, values[1], "speaker", percent_range, &speaker) ||
      !arguments_integer(env, values[2], "microphone", percent_range, &microphone)) {
    return NULL;
  }
  error_throw_engine(env, engine_set_gain(engine, (uint8_t)speaker, (uint8_t)microphone), "setting the volume");
  return NULL;
}

static napi_value take_events_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  double *numbers;
  size_t length;
  struct engine_event events[EVENT_BATCH];
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "events", LAYOUT_EVENT, &numbers)) return NULL;
  if (napi_get_typedarray_info(env, values[1], NULL, &length, NULL, NULL, NULL) != napi_ok) return NULL;
  size_t capacity = length / LAYOUT_EVENT;
  size_t taken = engine_take_events(engine, events, capacity < EVENT_BATCH ? capacity : EVENT_BATCH);
  for (size_t at = 0; at < taken; at++) layout_event(&events[at], numbers + at * LAYOUT_EVENT);
  return answer_number(env, (double)taken);
}

static napi_value state_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  double *numbers;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "state", LAYOUT_STATE, &numbers)) return NULL;
  struct engine_state state;
  engine_read_state(engine, &state);
  layout_state(&state, numbers);
  return NULL;
}

static napi_value feel_pulse_function(napi_env env, napi_callback_info info) {
  napi_value value;
  if (!arguments_take(env, info, &value, 1)) return NULL;
  struct engine *engine = engine_handle_get(env, value);
  return engine ? answer_flag(env, engine_feel_pulse(engine)) : NULL;
}

static napi_value fingerprint_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint8_t *bytes;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_octets(env, values[1], "fingerprint", DTLS_FINGERPRINT_BYTES, &bytes)) return NULL;
  engine_fingerprint(engine, bytes);
  return NULL;
}

static napi_value lateness_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  double *numbers;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_doubles(env, values[1], "pairs", LATENESS_BUCKETS * 2, &numbers)) return NULL;
  uint64_t upper_ns[LATENESS_BUCKETS];
  uint64_t packets[LATENESS_BUCKETS];
  engine_read_lateness(engine, upper_ns, packets);
  for (size_t at = 0; at < LATENESS_BUCKETS; at++) {
    numbers[2 * at] = layout_duration_ms(upper_ns[at]);
    numbers[2 * at + 1] = (double)packets[at];
  }
  return answer_number(env, LATENESS_BUCKETS);
}

// ---- sessions ----

static napi_value session_open_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char address[ARGUMENT_TEXT_BYTES];
  int64_t silence_ms;
  uint32_t session;
  uint16_t port;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_text(env, values[1], "address", address) ||
      !arguments_integer(env, values[2], "silenceAfterMs", milliseconds_range, &silence_ms)) {
    return NULL;
  }
  dp_error error = engine_open_session(engine, address, (uint32_t)silence_ms, &session, &port);
  if (error == DP_MALFORMED || error == DP_NOT_FOUND) {
    error_throw(env, ERROR_BAD_ADDRESS, "%s is not an address of this machine", address);
    return NULL;
  }
  error_throw_engine(env, error, "opening a media session");
  if (error != DP_OK) return NULL;
  const napi_value pair[] = {answer_number(env, session), answer_number(env, port)};
  napi_value opened = answer_list(env, pair, sizeof pair / sizeof pair[0]);
  struct stream_statistics unread;
  // Nobody could close it.
  if (!opened) (void)engine_close_session(engine, session, &unread);
  return opened;
}

static napi_value session_configure_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t session;
  struct stream_parameters parameters;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine || !stream_parameters_read(env, values[2], &parameters)) return NULL;
  dp_error error = engine_configure_session(engine, session, &parameters.stream);
  secure_wipe(parameters.password, sizeof parameters.password);
  error_throw_engine(env, error, "configuring a media session");
  return NULL;
}

static napi_value session_take_ports_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int64_t from;
  uint32_t session;
  uint16_t port = 0;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine || !arguments_integer(env, values[2], "from", session_range, &from)) return NULL;
  dp_error error = engine_take_ports(engine, session, (uint32_t)from, &port);
  error_throw_engine(env, error, "moving a media session");
  return error == DP_OK ? answer_number(env, port) : NULL;
}

static napi_value session_digits_function(napi_env env, napi_callback_info info) {
  napi_value values[4];
  char digits[ARGUMENT_TEXT_BYTES];
  int64_t duration_ms;
  uint32_t session;
  if (!arguments_take(env, info, values, 4)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine || !arguments_text(env, values[2], "digits", digits) ||
      !arguments_integer(env, values[3], "durationMs", milliseconds_range, &duration_ms)) {
    return NULL;
  }
  error_throw_engine(env, engine_send_digits(engine, session, digits, (uint32_t)duration_ms), "sending digits");
  return NULL;
}

static napi_value session_statistics_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  double *numbers;
  uint32_t session;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine || !arguments_doubles(env, values[2], "statistics", LAYOUT_STATISTICS, &numbers)) return NULL;
  struct stream_statistics statistics;
  dp_error error = engine_read_statistics(engine, session, &statistics);
  if (error == DP_OK) layout_statistics(&statistics, numbers);
  error_throw_engine(env, error, "reading statistics");
  return NULL;
}

static napi_value session_close_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  double *numbers;
  uint32_t session;
  if (!arguments_take(env, info, values, 3)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine || !arguments_doubles(env, values[2], "statistics", LAYOUT_STATISTICS, &numbers)) return NULL;
  struct stream_statistics statistics;
  dp_error error = engine_close_session(engine, session, &statistics);
  if (error == DP_OK) layout_statistics(&statistics, numbers);
  error_throw_engine(env, error, "closing a media session");
  return NULL;
}

const struct binding_function binding_functions[] = {
    {"datagramOpen", datagram_open_function},
    {"datagramSeal", datagram_seal_function},
    {"gpioOpen", gpio_open_function},
    {"gpioDescribe", gpio_describe_function},
    {"gpioDescribeLine", gpio_describe_line_function},
    {"gpioTake", gpio_take_function},
    {"gpioRead", gpio_read_function},
    {"gpioWrite", gpio_write_function},
    {"gpioEdges", gpio_edges_function},
    {"networkNewsOpen", network_news_open_function},
    {"networkNewsTake", network_news_take_function},
    {"notifySend", notify_send_function},
    {"watchReadable", watch_readable_function},
    {"unwatchReadable", unwatch_readable_function},
    {"alsaCards", alsa_cards_function},
    {"alsaResolve", alsa_resolve_function},
    {"engineCreate", engine_create_function},
    {"engineClose", engine_close_function},
    {"engineTakeEvents", take_events_function},
    {"engineState", state_function},
    {"engineFeelPulse", feel_pulse_function},
    {"engineFingerprint", fingerprint_function},
    {"engineLateness", lateness_function},
    {"play", play_function},
    {"announce", announce_function},
    {"setSound", set_sound_function},
    {"soundTry", sound_try_function},
    {"opusFound", opus_found_function},
    {"setGain", set_gain_function},
    {"setVoice", set_voice_function},
    {"setToneDigits", set_tone_digits_function},
    {"voice", voice_function},
    {"levels", levels_function},
    {"calibrationBegin", calibration_begin_function},
    {"calibrationTake", calibration_take_function},
    {"setEcho", set_echo_function},
    {"sessionOpen", session_open_function},
    {"sessionConfigure", session_configure_function},
    {"sessionTakePorts", session_take_ports_function},
    {"sessionDigits", session_digits_function},
    {"sessionStatistics", session_statistics_function},
    {"sessionClose", session_close_function},
    {"sessionAskMapping", session_ask_mapping_function},
    {"sessionTakeMapping", session_take_mapping_function},
    {"sessionKeepMapping", session_keep_mapping_function},
    {"sessionEndMapping", session_end_mapping_function},
};

const size_t binding_function_count = sizeof binding_functions / sizeof binding_functions[0];

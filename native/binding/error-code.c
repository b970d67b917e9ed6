// See error-code.h.

#define _GNU_SOURCE

#include "binding/error-code.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES 1024

static const char *const texts[ERROR_CODES] = {
    [ERROR_INVALID_ARGUMENT] = "invalid-argument",
    [ERROR_BAD_ADDRESS] = "bad-address",
    [ERROR_NO_PORT] = "no-port",
    [ERROR_TOO_MANY_SESSIONS] = "too-many-sessions",
    [ERROR_NO_SESSION] = "no-session",
    [ERROR_ENGINE_BUSY] = "engine-busy",
    [ERROR_ENGINE_CLOSED] = "engine-closed",
    [ERROR_ENGINE_FAILED] = "engine-failed",
    [ERROR_FILE_NOT_FOUND] = "file-not-found",
    [ERROR_FILE_UNREADABLE] = "file-unreadable",
    [ERROR_FILE_TOO_LARGE] = "file-too-large",
    [ERROR_FILE_NOT_WAV] = "file-not-wav",
    [ERROR_FILE_TRUNCATED] = "file-truncated",
    [ERROR_FILE_ENCODING] = "file-encoding",
    [ERROR_FILE_EMPTY] = "file-empty",
    [ERROR_RECORDING_UNWRITABLE] = "recording-unwritable",
    [ERROR_ALSA_MISSING] = "alsa-missing",
};

const char *error_code_text(enum error_code code) { return texts[code]; }

void error_throw(napi_env env, enum error_code code, const char *format, ...) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) != napi_ok || pending) return;
  char message[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  (void)napi_throw_error(env, texts[code], message);
}

void error_throw_refused(napi_env env, const char *what) {
  error_throw(env, ERROR_ENGINE_FAILED, "%s: Node.js refuses what it takes", what);
}

void error_throw_engine(napi_env env, dp_error error, const char *what) {
  switch (error) {
  case DP_OK:
    return;
  case DP_NO_PORT:
    error_throw(env, ERROR_NO_PORT, "%s: no RTP port of the range is free together with the next one", what);
    return;
  case DP_TOO_MANY_SESSIONS:
    error_throw(env, ERROR_TOO_MANY_SESSIONS, "%s: all media sessions are in use", what);
    return;
  case DP_NOT_FOUND:
    error_throw(env, ERROR_NO_SESSION, "%s: no such media session is open", what);
    return;
  case DP_MALFORMED:
  case DP_UNSUPPORTED:
    error_throw(env, ERROR_BAD_ADDRESS, "%s: not an address of a family that this session speaks", what);
    return;
  case DP_INVALID_ARGUMENT:
    error_throw(env, ERROR_INVALID_ARGUMENT, "%s: a value is out of range", what);
    return;
  case DP_FULL:
    error_throw(env, ERROR_ENGINE_BUSY, "%s: more than the media engine can take at once", what);
    return;
  case DP_SYSTEM:
    error_throw(env, ERROR_ENGINE_FAILED, "%s: %s", what, strerror(errno));
    return;
  default:
    error_throw(env, ERROR_ENGINE_FAILED, "%s: %s", what, dp_error_name(error));
  }
}

static enum error_code code_of(enum wav_fault fault) {
  switch (fault) {
  case WAV_NOT_FOUND:
    return ERROR_FILE_NOT_FOUND;
  case WAV_TOO_LARGE:
    return ERROR_FILE_TOO_LARGE;
  case WAV_NOT_WAVE:
  case WAV_NO_FORMAT:
  case WAV_BAD_FORMAT:
    return ERROR_FILE_NOT_WAV;
  case WAV_TRUNCATED:
    return ERROR_FILE_TRUNCATED;
  case WAV_UNKNOWN_ENCODING:
  case WAV_CHANNELS:
  case WAV_RATE:
    return ERROR_FILE_ENCODING;
  case WAV_NO_SOUND:
    return ERROR_FILE_EMPTY;
  case WAV_NO_MEMORY:
    return ERROR_ENGINE_FAILED;
  case WAV_OK:
  case WAV_UNREADABLE:
    break;
  }
  return ERROR_FILE_UNREADABLE;
}

void error_throw_file(napi_env env, const struct fileio_options *options, const struct fileio_problem *problem) {
  const char *reason = strerror(problem->system_error);
  if (problem->input == WAV_OK) {
    error_throw(env, ERROR_RECORDING_UNWRITABLE, "%s cannot be written: %s", options->output, reason);
  } else if (problem->input == WAV_UNREADABLE) {
    error_throw(env, ERROR_FILE_UNREADABLE, "%s cannot be read: %s", options->input, reason);
  } else {
    error_throw(env, code_of(problem->input), "%s %s", options->input, wav_fault_text(problem->input));
  }
}

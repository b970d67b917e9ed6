// What the addon throws: an Error with a stable `code` and a sentence. src/media/native-error.ts has the mend of each
// code; a test compares the two lists.

#ifndef DOORPHONE_BINDING_ERROR_CODE_H
#define DOORPHONE_BINDING_ERROR_CODE_H

#include <node_api.h>

#include "base/error.h"
#include "fileio/fileio.h"

enum error_code {
  ERROR_INVALID_ARGUMENT,
  ERROR_BAD_ADDRESS,
  ERROR_NO_PORT,
  ERROR_TOO_MANY_SESSIONS,
  ERROR_NO_SESSION,
  ERROR_ENGINE_BUSY,
  ERROR_ENGINE_CLOSED,
  ERROR_ENGINE_FAILED,
  ERROR_FILE_NOT_FOUND,
  ERROR_FILE_UNREADABLE,
  ERROR_FILE_TOO_LARGE,
  ERROR_FILE_NOT_WAV,
  ERROR_FILE_TRUNCATED,
  ERROR_FILE_ENCODING,
  ERROR_FILE_EMPTY,
  ERROR_RECORDING_UNWRITABLE,
  ERROR_ALSA_MISSING,
  ERROR_CODES
};

/** `no-port` and the like. */
const char *error_code_text(enum error_code code);

/** Throws. Does nothing when an exception is pending already. */
__attribute__((format(printf, 3, 4))) void error_throw(napi_env env, enum error_code code, const char *format, ...);

/** Throws what an engine's function answered; DP_OK throws nothing. @param what that was tried: "play" */
void error_throw_engine(napi_env env, dp_error error, const char *what);

/** Throws that Node.js has refused what was asked of it. @param what that was tried */
void error_throw_refused(napi_env env, const char *what);

/** Throws what opening a file device met. */
void error_throw_file(napi_env env, const struct fileio_options *options, const struct fileio_problem *problem);

#endif

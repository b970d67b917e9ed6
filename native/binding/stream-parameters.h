// What sessionConfigure takes, read into the engine's words. JavaScript's thread.

#ifndef DOORPHONE_BINDING_STREAM_PARAMETERS_H
#define DOORPHONE_BINDING_STREAM_PARAMETERS_H

#include <node_api.h>

#include "binding/arguments.h"
#include "engine/engine.h"
#include "srtp/srtp.h"

/** An engine_stream and the memory that its pointers point into. */
struct stream_parameters {
  struct engine_stream stream;
  struct engine_dtls dtls;
  struct engine_ice ice;
  uint64_t lifetimes[SRTP_MAX_KEYS];
  char address[ARGUMENT_TEXT_BYTES];
  char rtcp_address[ARGUMENT_TEXT_BYTES];
  char signalling_address[ARGUMENT_TEXT_BYTES];
  char ufrag[ARGUMENT_TEXT_BYTES];
  char password[ARGUMENT_TEXT_BYTES];
};

/** Reads a NativeStreamParameters (src/native.ts). @return false: thrown */
bool stream_parameters_read(napi_env env, napi_value object, struct stream_parameters *parameters);

#endif

// The functions that JavaScript calls for the voice's way. For functions.c alone.

#ifndef DOORPHONE_BINDING_VOICE_FUNCTIONS_H
#define DOORPHONE_BINDING_VOICE_FUNCTIONS_H

#include <node_api.h>
#include <stdbool.h>

#include "voice/voice.h"

/** The flags echoCancellation, noiseSuppression and gainControl of an object. @return false: it has thrown */
bool voice_switches_read(napi_env env, napi_value object, struct voice_switches *switches);

napi_value set_voice_function(napi_env env, napi_callback_info info);

/** setToneDigits(engine, counted) */
napi_value set_tone_digits_function(napi_env env, napi_callback_info info);

napi_value voice_function(napi_env env, napi_callback_info info);

#endif

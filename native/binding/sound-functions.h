// What the door itself lets be heard, for JavaScript: tones, announcements, files in their place.

#ifndef DOORPHONE_BINDING_SOUND_FUNCTIONS_H
#define DOORPHONE_BINDING_SOUND_FUNCTIONS_H

#include <node_api.h>

/** play(engine, tone) */
napi_value play_function(napi_env env, napi_callback_info info);

/** announce(engine, tone) */
napi_value announce_function(napi_env env, napi_callback_info info);

/** setSound(engine, tone, file | undefined, silent) → how long the file lasts in ms */
napi_value set_sound_function(napi_env env, napi_callback_info info);

/** soundTry(file): throws as setSound does where it cannot be played */
napi_value sound_try_function(napi_env env, napi_callback_info info);

/** opusFound() → whether its library is there */
napi_value opus_found_function(napi_env env, napi_callback_info info);

#endif

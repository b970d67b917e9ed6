// What JavaScript calls of alsa/alsa-cards.h.

#ifndef DOORPHONE_BINDING_ALSA_FUNCTIONS_H
#define DOORPHONE_BINDING_ALSA_FUNCTIONS_H

#include <node_api.h>

napi_value alsa_cards_function(napi_env env, napi_callback_info info);
napi_value alsa_resolve_function(napi_env env, napi_callback_info info);

#endif

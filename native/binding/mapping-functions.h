// What JavaScript calls of a session's mapping (engine/engine.h).

#ifndef DOORPHONE_BINDING_MAPPING_FUNCTIONS_H
#define DOORPHONE_BINDING_MAPPING_FUNCTIONS_H

#include <node_api.h>

napi_value session_ask_mapping_function(napi_env env, napi_callback_info info);
napi_value session_take_mapping_function(napi_env env, napi_callback_info info);
napi_value session_keep_mapping_function(napi_env env, napi_callback_info info);
napi_value session_end_mapping_function(napi_env env, napi_callback_info info);

#endif

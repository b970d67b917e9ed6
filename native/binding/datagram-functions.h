// What JavaScript calls of system/datagram.h.

#ifndef DOORPHONE_BINDING_DATAGRAM_FUNCTIONS_H
#define DOORPHONE_BINDING_DATAGRAM_FUNCTIONS_H

#include <node_api.h>

napi_value datagram_open_function(napi_env env, napi_callback_info info);
napi_value datagram_seal_function(napi_env env, napi_callback_info info);

#endif

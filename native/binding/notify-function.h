// What JavaScript calls of system/notify.h.

#ifndef DOORPHONE_BINDING_NOTIFY_FUNCTION_H
#define DOORPHONE_BINDING_NOTIFY_FUNCTION_H

#include <node_api.h>

napi_value notify_send_function(napi_env env, napi_callback_info info);

#endif

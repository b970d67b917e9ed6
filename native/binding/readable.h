// Tells JavaScript that a descriptor can be read: by libuv's own loop, in the same turn in which the kernel says so.

#ifndef DOORPHONE_BINDING_READABLE_H
#define DOORPHONE_BINDING_READABLE_H

#include <node_api.h>

/** `watchReadable(descriptor, told)`: an object for `unwatchReadable`. The process may end while it watches. */
napi_value watch_readable_function(napi_env env, napi_callback_info info);

/** `unwatchReadable(watch)`: before the descriptor is closed. A second time does nothing. */
napi_value unwatch_readable_function(napi_env env, napi_callback_info info);

#endif

// What JavaScript calls of gpio/gpio.h. Descriptors are plain numbers there: whoever opens one closes it.

#ifndef DOORPHONE_BINDING_GPIO_FUNCTIONS_H
#define DOORPHONE_BINDING_GPIO_FUNCTIONS_H

#include <node_api.h>

napi_value gpio_open_function(napi_env env, napi_callback_info info);
napi_value gpio_describe_function(napi_env env, napi_callback_info info);
napi_value gpio_describe_line_function(napi_env env, napi_callback_info info);
napi_value gpio_take_function(napi_env env, napi_callback_info info);
napi_value gpio_read_function(napi_env env, napi_callback_info info);
napi_value gpio_write_function(napi_env env, napi_callback_info info);
napi_value gpio_edges_function(napi_env env, napi_callback_info info);

#endif

// Levels and calibration, for JavaScript. For functions.c alone.

#ifndef DOORPHONE_BINDING_MEASUREMENT_FUNCTIONS_H
#define DOORPHONE_BINDING_MEASUREMENT_FUNCTIONS_H

#include <node_api.h>

/** levels(engine, numbers) */
napi_value levels_function(napi_env env, napi_callback_info info);

/** calibrationBegin(engine) → whether it has begun: no other is under way */
napi_value calibration_begin_function(napi_env env, napi_callback_info info);

/** calibrationTake(engine, numbers, path) → 0: it goes on, 1: done, 2: a call or a tone came between, 3: the device failed */
napi_value calibration_take_function(napi_env env, napi_callback_info info);

/** setEcho(engine, ms, path or undefined) → whether the path counts: it has the device's rate */
napi_value set_echo_function(napi_env env, napi_callback_info info);

#endif

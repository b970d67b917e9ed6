// An engine in JavaScript's hands: created, found again behind its object, ended by `engineClose`, by the collector, or
// with the environment (process exit, end of a worker), whichever comes first. JavaScript's thread, but for the wake-up.

#ifndef DOORPHONE_BINDING_ENGINE_HANDLE_H
#define DOORPHONE_BINDING_ENGINE_HANDLE_H

#include <node_api.h>

#include "engine/engine.h"

/**
 * Starts an engine and wraps it.
 * @param options device, ports and volumes; the wake-up is set here
 * @param wake JavaScript's function, called when events are waiting
 * @return the object, or null: thrown; the device is closed then
 */
napi_value engine_handle_create(napi_env env, struct engine_options *options, napi_value wake);

/** The engine behind an object, or null: thrown `invalid-argument` or `engine-closed`. */
struct engine *engine_handle_get(napi_env env, napi_value object);

/** The same, of the first two arguments of every function on a session: the engine, and the session's number. */
struct engine *engine_handle_get_session(napi_env env, const napi_value values[2], uint32_t *session);

/** Ends the engine; later calls throw `engine-closed`. A second close does nothing. */
void engine_handle_close(napi_env env, napi_value object);

#endif

// See engine-handle.h.

#include "binding/engine-handle.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "binding/arguments.h"
#include "binding/error-code.h"

/** Tells our objects from those of other addons; random. */
static const napi_type_tag handle_tag = {0x6d8f1c0b52a94e37ULL, 0x9b04d7e2f1634c58ULL};

struct engine_handle {
  napi_env env;
  struct engine *engine; // null: closed
  napi_threadsafe_function wake;
  atomic_bool waking; // a wake-up is on its way to JavaScript
  int owners;         // the wrapping object and the thread-safe function: the last one frees
};

static void disown(struct engine_handle *handle) {
  handle->owners--;
  if (handle->owners == 0) free(handle);
}

/** Courier thread. One wake-up at a time is enough: JavaScript takes all events that there are. */
static void wake_up(void *context) {
  struct engine_handle *handle = context;
  if (atomic_exchange(&handle->waking, true)) return;
  (void)napi_call_threadsafe_function(handle->wake, NULL, napi_tsfn_nonblocking);
}

/** JavaScript's thread; env is null while the environment ends. */
static void call_wake(napi_env env, napi_value function, void *context, void *data) {
  struct engine_handle *handle = context;
  (void)data;
  atomic_store(&handle->waking, false);
  if (!env || !handle->engine) return;
  napi_value receiver;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  if (napi_call_function(env, receiver, function, 0, NULL, NULL) != napi_pending_exception) return;
  // What a listener throws is an uncaught exception of the program; left alone it would be a warning only.
  napi_value thrown;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) (void)napi_fatal_exception(env, thrown);
}

static void wake_finalized(napi_env env, void *data, void *context) {
  (void)env;
  (void)context;
  disown(data);
}

/** Ends threads, sockets and device. Registered as the environment's clean-up hook. */
static void shut_down(void *argument) {
  struct engine_handle *handle = argument;
  if (!handle->engine) return;
  struct engine *engine = handle->engine;
  handle->engine = NULL;
  engine_destroy(engine);
  // After the courier has ended nobody calls the function any more.
  (void)napi_release_threadsafe_function(handle->wake, napi_tsfn_abort);
}

static void close_handle(struct engine_handle *handle) {
  if (!handle->engine) return;
  (void)napi_remove_env_cleanup_hook(handle->env, shut_down, handle);
  shut_down(handle);
}

static void handle_finalized(napi_env env, void *data, void *hint) {
  struct engine_handle *handle = data;
  (void)env;
  (void)hint;
  close_handle(handle);
  disown(handle);
}

static bool make_wake(napi_env env, struct engine_handle *handle, napi_value wake) {
  napi_value name;
  if (napi_create_string_utf8(env, "doorphone media engine", NAPI_AUTO_LENGTH, &name) != napi_ok) return false;
  if (napi_create_threadsafe_function(env, wake, NULL, name, 0, 1, handle, wake_finalized, handle, call_wake,
                                      &handle->wake) != napi_ok) {
    return false;
  }
  handle->owners++;
  // An engine alone does not keep the process alive.
  return napi_unref_threadsafe_function(env, handle->wake) == napi_ok;
}

static bool wrap(napi_env env, struct engine_handle *handle, napi_value *object) {
  if (napi_create_object(env, object) != napi_ok) return false;
  if (napi_type_tag_object(env, *object, &handle_tag) != napi_ok) return false;
  return napi_wrap(env, *object, handle, handle_finalized, NULL, NULL) == napi_ok;
}

#define STARTING "starting the media engine"

/** Undoes what engine_handle_create has done so far, and throws. @param error DP_OK: it was Node.js that refused */
static napi_value fail(napi_env env, struct engine_handle *handle, struct engine_options *options, dp_error error) {
  if (error == DP_OK) error_throw_refused(env, STARTING);
  else error_throw_engine(env, error, STARTING);
  if (!handle || !handle->engine) options->device.operations->close(options->device.device);
  if (!handle) return NULL;
  if (handle->engine) engine_destroy(handle->engine);
  handle->engine = NULL;
  if (handle->wake) (void)napi_release_threadsafe_function(handle->wake, napi_tsfn_abort);
  disown(handle);
  return NULL;
}

napi_value engine_handle_create(napi_env env, struct engine_options *options, napi_value wake) {
  struct engine_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return fail(env, NULL, options, DP_SYSTEM);
  handle->env = env;
  handle->owners = 1;
  if (!make_wake(env, handle, wake)) return fail(env, handle, options, DP_OK);
  options->wake = wake_up;
  options->wake_context = handle;
  dp_error error = engine_create(options, &handle->engine);
  if (error != DP_OK) return fail(env, handle, options, error);
  napi_value object;
  if (!wrap(env, handle, &object)) return fail(env, handle, options, DP_OK);
  // After the thread-safe function's own hook, and so run before it: the courier must not outlive the function.
  if (napi_add_env_cleanup_hook(env, shut_down, handle) == napi_ok) return object;
  // The object owns the handle already, and its finalizer lets go of it.
  shut_down(handle);
  error_throw_refused(env, STARTING);
  return NULL;
}

static struct engine_handle *unwrap(napi_env env, napi_value object) {
  bool ours = false;
  void *handle = NULL;
  if (napi_check_object_type_tag(env, object, &handle_tag, &ours) == napi_ok && ours &&
      napi_unwrap(env, object, &handle) == napi_ok) {
    return handle;
  }
  error_throw(env, ERROR_INVALID_ARGUMENT, "engine must be what engineCreate returned");
  return NULL;
}

struct engine *engine_handle_get(napi_env env, napi_value object) {
  struct engine_handle *handle = unwrap(env, object);
  if (!handle) return NULL;
  if (!handle->engine) error_throw(env, ERROR_ENGINE_CLOSED, "the media engine is closed");
  return handle->engine;
}

struct engine *engine_handle_get_session(napi_env env, const napi_value values[2], uint32_t *session) {
  static const int64_t range[2] = {0, UINT32_MAX};
  int64_t id;
  struct engine *engine = engine_handle_get(env, values[0]);
  if (!engine || !arguments_integer(env, values[1], "session", range, &id)) return NULL;
  *session = (uint32_t)id;
  return engine;
}

void engine_handle_close(napi_env env, napi_value object) {
  struct engine_handle *handle = unwrap(env, object);
  if (handle) close_handle(handle);
}

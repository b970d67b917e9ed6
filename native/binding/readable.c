// See readable.h. A watch has two owners: JavaScript's object, and libuv until it has let go of the handle.

#define _GNU_SOURCE

#include "binding/readable.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "binding/arguments.h"
#include "binding/error-code.h"

static const napi_type_tag watch_tag = {0x8a0c3f5d1e7b4296, 0xb3d2c41f60a95e78};
static const int64_t descriptor_range[2] = {0, INT_MAX};

#define WATCHING "watching a descriptor"

struct watch {
  uv_poll_t poll;
  napi_env env;
  napi_ref told;
  napi_async_context context;
  unsigned owners;
  bool closed;
};

static void disown(struct watch *watch) {
  watch->owners--;
  if (watch->owners == 0) free(watch);
}

static void let_go(uv_handle_t *handle) { disown(handle->data); }

static void environment_ends(void *data);

/** As far as `keep` has come. */
static void forget(struct watch *watch) {
  if (watch->told) (void)napi_delete_reference(watch->env, watch->told);
  if (watch->context) (void)napi_async_destroy(watch->env, watch->context);
}

/** Safe to call again. Afterwards nobody is told of anything. */
static void close_watch(struct watch *watch) {
  if (watch->closed) return;
  watch->closed = true;
  (void)napi_remove_env_cleanup_hook(watch->env, environment_ends, watch);
  forget(watch);
  (void)uv_poll_stop(&watch->poll);
  uv_close((uv_handle_t *)&watch->poll, let_go);
}

static void environment_ends(void *data) { close_watch(data); }

static void object_finalized(napi_env env, void *data, void *hint) {
  struct watch *watch = data;
  (void)env;
  (void)hint;
  close_watch(watch);
  disown(watch);
}

/** What the function throws is the program's own fault, as from any other callback. */
static void call_told(struct watch *watch) {
  napi_value told;
  napi_value global;
  if (napi_get_reference_value(watch->env, watch->told, &told) != napi_ok || !told) return;
  if (napi_get_global(watch->env, &global) != napi_ok) return;
  napi_env env = watch->env;
  if (napi_make_callback(env, watch->context, global, told, 0, NULL, NULL) != napi_pending_exception) return;
  napi_value thrown;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) (void)napi_fatal_exception(env, thrown);
}

/** A descriptor that has failed can be read, too: whoever reads it learns of it. */
static void readable(uv_poll_t *poll, int status, int events) {
  struct watch *watch = poll->data;
  (void)status;
  (void)events;
  napi_handle_scope scope;
  if (napi_open_handle_scope(watch->env, &scope) != napi_ok) return;
  napi_env env = watch->env;
  call_told(watch);
  (void)napi_close_handle_scope(env, scope);
}

/** Asks libuv. @return 0 or its error */
static int begin(napi_env env, struct watch *watch, int descriptor) {
  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return UV_EINVAL;
  int error = uv_poll_init(loop, &watch->poll, descriptor);
  if (error != 0) return error;
  watch->poll.data = watch;
  watch->owners++;
  uv_unref((uv_handle_t *)&watch->poll);
  return uv_poll_start(&watch->poll, UV_READABLE | UV_DISCONNECT, readable);
}

static bool keep(napi_env env, struct watch *watch, napi_value told, napi_value *object) {
  napi_value name;
  return napi_create_string_utf8(env, "doorphone watch", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_async_init(env, NULL, name, &watch->context) == napi_ok &&
         napi_create_reference(env, told, 1, &watch->told) == napi_ok && napi_create_object(env, object) == napi_ok &&
         napi_type_tag_object(env, *object, &watch_tag) == napi_ok;
}

/** Undoes what has been done so far, and throws. @param why null: it was Node.js that refused */
static napi_value fail(napi_env env, struct watch *watch, const char *why) {
  if (why) error_throw(env, ERROR_INVALID_ARGUMENT, "descriptor cannot be watched: %s", why);
  else error_throw_refused(env, WATCHING);
  if (watch->owners > 1) close_watch(watch);
  else forget(watch);
  disown(watch);
  return NULL;
}

napi_value watch_readable_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  napi_valuetype type;
  int64_t descriptor;
  if (!arguments_take(env, info, values, 2) ||
      !arguments_integer(env, values[0], "descriptor", descriptor_range, &descriptor)) {
    return NULL;
  }
  if (napi_typeof(env, values[1], &type) != napi_ok || type != napi_function) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "told must be a function");
    return NULL;
  }
  struct watch *watch = calloc(1, sizeof *watch);
  napi_value object;
  if (!watch) {
    error_throw_engine(env, DP_SYSTEM, WATCHING);
    return NULL;
  }
  watch->env = env;
  watch->owners = 1;
  if (!keep(env, watch, values[1], &object)) return fail(env, watch, NULL);
  int error = begin(env, watch, (int)descriptor);
  if (error != 0) return fail(env, watch, uv_strerror(error));
  if (napi_wrap(env, object, watch, object_finalized, NULL, NULL) != napi_ok) return fail(env, watch, NULL);
  if (napi_add_env_cleanup_hook(env, environment_ends, watch) == napi_ok) return object;
  // The object owns the watch already, and its finalizer lets go of it.
  close_watch(watch);
  error_throw_refused(env, WATCHING);
  return NULL;
}

napi_value unwatch_readable_function(napi_env env, napi_callback_info info) {
  napi_value object;
  bool ours = false;
  void *watch = NULL;
  if (!arguments_take(env, info, &object, 1)) return NULL;
  if (napi_check_object_type_tag(env, object, &watch_tag, &ours) == napi_ok && ours &&
      napi_unwrap(env, object, &watch) == napi_ok) {
    close_watch(watch);
  } else {
    error_throw(env, ERROR_INVALID_ARGUMENT, "watch must be what watchReadable returned");
  }
  return NULL;
}

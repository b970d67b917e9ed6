// The addon with its calls refused at will (scarcity.h), and with Node's own to it: three functions more say how many
// are granted, what was refused and what is held. For ../../integration/media-scarce.mjs.

#define _GNU_SOURCE

#include <node_api.h>

#include "support/scarcity.h"

// Its entrance, under another name.
#undef NAPI_MODULE_INIT
#define NAPI_MODULE_INIT() static napi_value export_addon(napi_env env, napi_value exports)
#include "binding/addon.c"

/** What Node is asked for. It refuses for one where an environment is being ended. */
#define NODE(name, parameters, arguments) SCARCE(napi_status, name, parameters, arguments, ENOMEM, napi_generic_failure)

NODE(napi_create_object, (napi_env env, napi_value *result), (env, result))
NODE(napi_create_array, (napi_env env, napi_value *result), (env, result))
NODE(napi_create_array_with_length, (napi_env env, size_t length, napi_value *result), (env, length, result))
NODE(napi_create_double, (napi_env env, double value, napi_value *result), (env, value, result))
NODE(napi_get_boolean, (napi_env env, bool value, napi_value *result), (env, value, result))
NODE(napi_create_string_utf8, (napi_env env, const char *text, size_t length, napi_value *result),
     (env, text, length, result))
NODE(napi_create_reference, (napi_env env, napi_value value, uint32_t count, napi_ref *result),
     (env, value, count, result))
NODE(napi_set_element, (napi_env env, napi_value object, uint32_t at, napi_value value), (env, object, at, value))
NODE(napi_type_tag_object, (napi_env env, napi_value object, const napi_type_tag *tag), (env, object, tag))
NODE(napi_wrap,
     (napi_env env, napi_value object, void *data, napi_finalize finalize, void *hint, napi_ref *result),
     (env, object, data, finalize, hint, result))
NODE(napi_create_threadsafe_function,
     (napi_env env, napi_value function, napi_value resource, napi_value name, size_t most, size_t threads, void *data,
      napi_finalize finalize, void *context, napi_threadsafe_function_call_js call, napi_threadsafe_function *result),
     (env, function, resource, name, most, threads, data, finalize, context, call, result))
NODE(napi_unref_threadsafe_function, (napi_env env, napi_threadsafe_function function), (env, function))
NODE(napi_add_env_cleanup_hook, (napi_env env, void (*hook)(void *), void *argument), (env, hook, argument))
NODE(napi_async_init, (napi_env env, napi_value resource, napi_value name, napi_async_context *result),
     (env, resource, name, result))
NODE(napi_get_uv_event_loop, (napi_env env, struct uv_loop_s **loop), (env, loop))

/** (grants, lasts) */
static napi_value begin(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  int32_t grants;
  bool lasts;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok &&
      napi_get_value_int32(env, values[0], &grants) == napi_ok && napi_get_value_bool(env, values[1], &lasts) == napi_ok) {
    scarcity_begin(grants, lasts);
  }
  return NULL;
}

/** @return what was refused; undefined: nothing */
static napi_value end(napi_env env, napi_callback_info info) {
  napi_value answer = NULL;
  (void)info;
  scarcity_end();
  if (scarcity_refused) (void)napi_create_string_utf8(env, scarcity_refused, NAPI_AUTO_LENGTH, &answer);
  return answer;
}

/** @return blocks of memory */
static napi_value held(napi_env env, napi_callback_info info) {
  napi_value answer = NULL;
  (void)info;
  (void)napi_create_int64(env, atomic_load(&scarcity_blocks), &answer);
  return answer;
}

NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  static const struct binding_function more[] = {{"scarcityBegin", begin}, {"scarcityEnd", end}, {"scarcityHeld", held}};
  if (!export_addon(env, exports)) return NULL;
  for (size_t at = 0; at < sizeof more / sizeof more[0]; at++) {
    if (!export_function(env, exports, &more[at])) return NULL;
  }
  return exports;
}

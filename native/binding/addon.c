// The addon's entrance: exports the functions and the list of error codes. May be loaded any number of times, in any
// number of environments: there is no state outside the engines.

#include <node_api.h>

#include "binding/error-code.h"
#include "binding/functions.h"

static bool export_codes(napi_env env, napi_value exports) {
  napi_value codes;
  if (napi_create_array_with_length(env, ERROR_CODES, &codes) != napi_ok) return false;
  for (uint32_t at = 0; at < ERROR_CODES; at++) {
    napi_value text;
    const char *code = error_code_text((enum error_code)at);
    if (napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &text) != napi_ok) return false;
    if (napi_set_element(env, codes, at, text) != napi_ok) return false;
  }
  return napi_set_named_property(env, exports, "errorCodes", codes) == napi_ok;
}

static bool export_function(napi_env env, napi_value exports, const struct binding_function *entry) {
  napi_value function;
  if (napi_create_function(env, entry->name, NAPI_AUTO_LENGTH, entry->call, NULL, &function) != napi_ok) return false;
  return napi_set_named_property(env, exports, entry->name, function) == napi_ok;
}

NAPI_MODULE_INIT() {
  bool exported = export_codes(env, exports);
  for (size_t at = 0; exported && at < binding_function_count; at++) {
    exported = export_function(env, exports, &binding_functions[at]);
  }
  if (!exported) (void)napi_throw_error(env, NULL, "the media engine cannot export its functions");
  return exports;
}

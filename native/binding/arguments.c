// See arguments.h.

#include "binding/arguments.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "binding/error-code.h"

static napi_value answer(napi_env env, napi_status status, napi_value made) {
  if (status == napi_ok) return made;
  error_throw_refused(env, "answering");
  return NULL;
}

napi_value answer_number(napi_env env, double value) {
  napi_value made = NULL;
  napi_status status = napi_create_double(env, value, &made);
  return answer(env, status, made);
}

napi_value answer_descriptor(napi_env env, int descriptor) {
  napi_value made = answer_number(env, descriptor);
  if (!made && descriptor >= 0) (void)close(descriptor);
  return made;
}

napi_value answer_flag(napi_env env, bool value) {
  napi_value made = NULL;
  napi_status status = napi_get_boolean(env, value, &made);
  return answer(env, status, made);
}

napi_value answer_text(napi_env env, const char *text) {
  napi_value made = NULL;
  napi_status status = napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &made);
  return answer(env, status, made);
}

napi_value answer_list(napi_env env, const napi_value *values, size_t count) {
  napi_value list = NULL;
  napi_status status = napi_create_array_with_length(env, count, &list);
  for (uint32_t at = 0; status == napi_ok && at < count; at++) {
    status = values[at] ? napi_set_element(env, list, at, values[at]) : napi_invalid_arg;
  }
  return answer(env, status, list);
}

static bool refuse(napi_env env, const char *name, const char *wanted) {
  error_throw(env, ERROR_INVALID_ARGUMENT, "%s must be %s", name, wanted);
  return false;
}

bool arguments_take(napi_env env, napi_callback_info info, napi_value *values, size_t count) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given != count) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "%zu arguments are expected, %zu were given", count, given);
    return false;
  }
  return true;
}

bool arguments_integer(napi_env env, napi_value value, const char *name, const int64_t range[2], int64_t *integer) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return refuse(env, name, "a number");
  // Written so that NaN is refused too.
  if (!(number >= (double)range[0] && number <= (double)range[1])) return refuse(env, name, "within its range");
  if (floor(number) != number) return refuse(env, name, "a whole number");
  *integer = (int64_t)number;
  return true;
}

bool arguments_text(napi_env env, napi_value value, const char *name, char text[ARGUMENT_TEXT_BYTES]) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return refuse(env, name, "a string");
  if (length >= ARGUMENT_TEXT_BYTES) return refuse(env, name, "shorter");
  if (napi_get_value_string_utf8(env, value, text, ARGUMENT_TEXT_BYTES, &length) != napi_ok) {
    return refuse(env, name, "a string");
  }
  return strlen(text) == length || refuse(env, name, "without a zero character");
}

static bool is_undefined(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

/** A typed array of one type. @param data null: it is another type, or no typed array */
static void *typed_array(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  bool is_array = false;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return NULL;
  napi_typedarray_type type;
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok) return NULL;
  return type == wanted ? data : NULL;
}

bool arguments_doubles(napi_env env, napi_value value, const char *name, size_t length, double **doubles) {
  size_t given = 0;
  *doubles = typed_array(env, value, napi_float64_array, &given);
  return (*doubles && given >= length) || refuse(env, name, "a Float64Array that is long enough");
}

bool arguments_floats(napi_env env, napi_value value, const char *name, float **floats, size_t *length) {
  *floats = typed_array(env, value, napi_float32_array, length);
  return *floats || refuse(env, name, "a Float32Array");
}

bool arguments_member(napi_env env, napi_value object, const char *name, napi_value *member) {
  napi_valuetype type;
  bool is_object = napi_typeof(env, object, &type) == napi_ok && type == napi_object;
  if (is_object && napi_get_named_property(env, object, name, member) == napi_ok) return true;
  return refuse(env, name, "a member of an object");
}

bool arguments_integer_member(napi_env env, napi_value object, const char *name, const int64_t range[2], int64_t *integer) {
  napi_value member;
  return arguments_member(env, object, name, &member) && arguments_integer(env, member, name, range, integer);
}

bool arguments_flag_member(napi_env env, napi_value object, const char *name, bool *flag) {
  napi_value member;
  if (!arguments_member(env, object, name, &member)) return false;
  return napi_get_value_bool(env, member, flag) == napi_ok || refuse(env, name, "true or false");
}

bool arguments_text_member(napi_env env, napi_value object, const char *name, char text[ARGUMENT_TEXT_BYTES],
                           bool *present) {
  napi_value member;
  if (!arguments_member(env, object, name, &member)) return false;
  if (present) *present = !is_undefined(env, member);
  if (present && !*present) return true;
  return arguments_text(env, member, name, text);
}

bool arguments_octets(napi_env env, napi_value value, const char *name, size_t length, uint8_t **octets) {
  size_t given = 0;
  *octets = typed_array(env, value, napi_uint8_array, &given);
  return (*octets && given == length) || refuse(env, name, "a Uint8Array of the right length");
}

bool arguments_view_member(napi_env env, napi_value object, const char *name, const uint8_t **bytes, size_t *length) {
  napi_value member;
  *bytes = NULL;
  *length = 0;
  if (!arguments_member(env, object, name, &member)) return false;
  if (is_undefined(env, member)) return true;
  *bytes = typed_array(env, member, napi_uint8_array, length);
  return *bytes || refuse(env, name, "a Uint8Array");
}

bool arguments_bytes_member(napi_env env, napi_value object, const char *name, size_t length, const uint8_t **bytes) {
  size_t given = 0;
  if (!arguments_view_member(env, object, name, bytes, &given)) return false;
  return !*bytes || given == length || refuse(env, name, "a Uint8Array of the right length");
}

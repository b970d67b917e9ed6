// Reading what JavaScript passes, with every type and range checked, and the numbers that it is answered. A function that
// fails has thrown a TypeError-like Error with code `invalid-argument` that names the argument, and answers false.

#ifndef DOORPHONE_BINDING_ARGUMENTS_H
#define DOORPHONE_BINDING_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What JavaScript is answered. Null: Node.js has refused, as it does for one while it ends a worker; that is thrown.

napi_value answer_number(napi_env env, double value);
/** What was opened for JavaScript, which closes it; or -errno. */
napi_value answer_descriptor(napi_env env, int descriptor);
napi_value answer_flag(napi_env env, bool value);
napi_value answer_text(napi_env env, const char *text);
/** @param values what was answered above, and so may be null */
napi_value answer_list(napi_env env, const napi_value *values, size_t count);

/** The longest path or name that is taken. */
#define ARGUMENT_TEXT_BYTES 4096

/** Exactly `count` arguments. */
bool arguments_take(napi_env env, napi_callback_info info, napi_value *values, size_t count);

/** A whole number within a closed interval. */
bool arguments_integer(napi_env env, napi_value value, const char *name, const int64_t range[2], int64_t *integer);

/** A string of less than ARGUMENT_TEXT_BYTES bytes without a zero inside. */
bool arguments_text(napi_env env, napi_value value, const char *name, char text[ARGUMENT_TEXT_BYTES]);

/** A Float64Array of at least `length` numbers; valid until the call returns. */
bool arguments_doubles(napi_env env, napi_value value, const char *name, size_t length, double **doubles);

/** A Float32Array of whatever length; valid until the call returns. */
bool arguments_floats(napi_env env, napi_value value, const char *name, float **floats, size_t *length);

/** An object's member; undefined where it is missing. */
bool arguments_member(napi_env env, napi_value object, const char *name, napi_value *member);

bool arguments_integer_member(napi_env env, napi_value object, const char *name, const int64_t range[2], int64_t *integer);

bool arguments_flag_member(napi_env env, napi_value object, const char *name, bool *flag);

/** A text member. @param present false: it is undefined; null: it must be there */
bool arguments_text_member(napi_env env, napi_value object, const char *name, char text[ARGUMENT_TEXT_BYTES],
                           bool *present);

/** A Uint8Array; valid until the call returns. */
bool arguments_octets(napi_env env, napi_value value, const char *name, size_t length, uint8_t **octets);

/** A Uint8Array member of whatever length, or undefined: null. */
bool arguments_view_member(napi_env env, napi_value object, const char *name, const uint8_t **bytes, size_t *length);

/** A Uint8Array member of exactly `length` bytes, or undefined: null. */
bool arguments_bytes_member(napi_env env, napi_value object, const char *name, size_t length, const uint8_t **bytes);

#endif

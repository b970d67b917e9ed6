// See datagram-functions.h. Both answer as the C functions do: a descriptor or 0, below 0 -errno.

#include "binding/datagram-functions.h"

#include <limits.h>

#include "binding/arguments.h"
#include "system/datagram.h"

static const int64_t any_port_range[2] = {0, 65535};
static const int64_t beside_range[2] = {DATAGRAM_ALONE, INT_MAX};
static const int64_t descriptor_range[2] = {0, INT_MAX};

napi_value datagram_open_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  char address[ARGUMENT_TEXT_BYTES];
  int64_t port;
  int64_t beside;
  if (!arguments_take(env, info, values, 3) || !arguments_text(env, values[0], "address", address) ||
      !arguments_integer(env, values[1], "port", any_port_range, &port) ||
      !arguments_integer(env, values[2], "beside", beside_range, &beside)) {
    return NULL;
  }
  return answer_descriptor(env, datagram_open(address, (uint16_t)port, (int)beside));
}

napi_value datagram_seal_function(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int64_t descriptor;
  if (!arguments_take(env, info, values, 1) ||
      !arguments_integer(env, values[0], "descriptor", descriptor_range, &descriptor)) {
    return NULL;
  }
  return answer_number(env, datagram_seal((int)descriptor));
}

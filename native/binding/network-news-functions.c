// See network-news-functions.h. Both answer as the C functions do.

#include "binding/network-news-functions.h"

#include <limits.h>

#include "binding/arguments.h"
#include "system/network-news.h"

static const int64_t descriptor_range[2] = {0, INT_MAX};

napi_value network_news_open_function(napi_env env, napi_callback_info info) {
  (void)info;
  return answer_descriptor(env, network_news_open());
}

napi_value network_news_take_function(napi_env env, napi_callback_info info) {
  napi_value value;
  int64_t descriptor;
  if (!arguments_take(env, info, &value, 1)) return NULL;
  if (!arguments_integer(env, value, "descriptor", descriptor_range, &descriptor)) return NULL;
  return answer_number(env, network_news_take((int)descriptor));
}

// What JavaScript calls of system/network-news.h.

#ifndef DOORPHONE_BINDING_NETWORK_NEWS_FUNCTIONS_H
#define DOORPHONE_BINDING_NETWORK_NEWS_FUNCTIONS_H

#include <node_api.h>

napi_value network_news_open_function(napi_env env, napi_callback_info info);
napi_value network_news_take_function(napi_env env, napi_callback_info info);

#endif

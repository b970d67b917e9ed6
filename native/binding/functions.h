// The table of functions that the addon exports.

#ifndef DOORPHONE_BINDING_FUNCTIONS_H
#define DOORPHONE_BINDING_FUNCTIONS_H

#include <node_api.h>
#include <stddef.h>

struct binding_function {
  const char *name;
  napi_callback call;
};

extern const struct binding_function binding_functions[];
extern const size_t binding_function_count;

#endif

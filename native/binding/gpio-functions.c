// See gpio-functions.h. All answer as the C functions do: a descriptor, a number or 0, below 0 -errno.

#include "binding/gpio-functions.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "binding/arguments.h"
#include "binding/error-code.h"
#include "gpio/gpio.h"

/** Numbers of one edge: offset, whether it is active, CLOCK_MONOTONIC in ms, sequence number. */
#define EDGE_NUMBERS 4
#define MOST_EDGES 32

static const int64_t descriptor_range[2] = {0, INT_MAX};
static const int64_t offset_range[2] = {0, UINT32_MAX};
static const int64_t count_range[2] = {1, 52};
static const int64_t choice_range[2] = {0, 3};
static const int64_t drive_range[2] = {0, 2};
/** A number of JavaScript's holds so many bits. */
static const int64_t mask_range[2] = {0, (INT64_C(1) << 52) - 1};
static const int64_t debounce_range[2] = {0, 10 * 1000 * 1000};

static bool take_descriptor(napi_env env, napi_value value, int *descriptor) {
  int64_t integer;
  if (!arguments_integer(env, value, "descriptor", descriptor_range, &integer)) return false;
  *descriptor = (int)integer;
  return true;
}

napi_value gpio_open_function(napi_env env, napi_callback_info info) {
  napi_value value;
  char path[ARGUMENT_TEXT_BYTES];
  if (!arguments_take(env, info, &value, 1) || !arguments_text(env, value, "path", path)) return NULL;
  return answer_descriptor(env, gpio_open(path));
}

napi_value gpio_describe_function(napi_env env, napi_callback_info info) {
  napi_value value;
  int chip;
  struct gpio_chip described;
  if (!arguments_take(env, info, &value, 1) || !take_descriptor(env, value, &chip)) return NULL;
  int error = gpio_describe(chip, &described);
  if (error != 0) return answer_number(env, error);
  const napi_value told[] = {answer_text(env, described.name), answer_text(env, described.label),
                             answer_number(env, described.lines)};
  return answer_list(env, told, sizeof told / sizeof told[0]);
}

napi_value gpio_describe_line_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int chip;
  int64_t offset;
  struct gpio_line line;
  if (!arguments_take(env, info, values, 2) || !take_descriptor(env, values[0], &chip) ||
      !arguments_integer(env, values[1], "offset", offset_range, &offset)) {
    return NULL;
  }
  int error = gpio_describe_line(chip, (uint32_t)offset, &line);
  if (error != 0) return answer_number(env, error);
  const napi_value told[] = {answer_text(env, line.name), answer_text(env, line.consumer),
                             answer_number(env, line.used), answer_number(env, line.output),
                             answer_number(env, line.active_low)};
  return answer_list(env, told, sizeof told / sizeof told[0]);
}

/** Reads the offsets of a request. */
static bool take_offsets(napi_env env, napi_value options, struct gpio_request *request) {
  napi_value list;
  uint32_t count;
  if (!arguments_member(env, options, "offsets", &list)) return false;
  if (napi_get_array_length(env, list, &count) != napi_ok || count < count_range[0] || count > count_range[1]) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "offsets must be a list of 1 to 52 numbers");
    return false;
  }
  request->count = count;
  for (uint32_t at = 0; at < count; at++) {
    napi_value value;
    int64_t offset;
    if (napi_get_element(env, list, at, &value) != napi_ok ||
        !arguments_integer(env, value, "offset", offset_range, &offset)) {
      return false;
    }
    request->offsets[at] = (uint32_t)offset;
  }
  return true;
}

napi_value gpio_take_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int chip;
  char consumer[ARGUMENT_TEXT_BYTES];
  int64_t bias;
  int64_t drive;
  int64_t debounce;
  int64_t initial;
  struct gpio_request request;
  memset(&request, 0, sizeof request);
  if (!arguments_take(env, info, values, 2) || !take_descriptor(env, values[0], &chip) ||
      !take_offsets(env, values[1], &request) ||
      !arguments_text_member(env, values[1], "consumer", consumer, NULL) ||
      !arguments_flag_member(env, values[1], "output", &request.output) ||
      !arguments_flag_member(env, values[1], "activeLow", &request.active_low) ||
      !arguments_integer_member(env, values[1], "bias", choice_range, &bias) ||
      !arguments_integer_member(env, values[1], "drive", drive_range, &drive) ||
      !arguments_integer_member(env, values[1], "debounceUs", debounce_range, &debounce) ||
      !arguments_integer_member(env, values[1], "initial", mask_range, &initial)) {
    return NULL;
  }
  request.consumer = consumer;
  request.bias = (enum gpio_bias)bias;
  request.drive = (enum gpio_drive)drive;
  request.debounce_us = (uint32_t)debounce;
  request.initial = (uint64_t)initial;
  return answer_descriptor(env, gpio_take(chip, &request));
}

napi_value gpio_read_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int request;
  int64_t count;
  uint64_t bits;
  if (!arguments_take(env, info, values, 2) || !take_descriptor(env, values[0], &request) ||
      !arguments_integer(env, values[1], "count", count_range, &count)) {
    return NULL;
  }
  int error = gpio_read_values(request, (uint32_t)count, &bits);
  return answer_number(env, error == 0 ? (double)bits : error);
}

napi_value gpio_write_function(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int request;
  int64_t mask;
  int64_t bits;
  if (!arguments_take(env, info, values, 3) || !take_descriptor(env, values[0], &request) ||
      !arguments_integer(env, values[1], "mask", mask_range, &mask) ||
      !arguments_integer(env, values[2], "values", mask_range, &bits)) {
    return NULL;
  }
  return answer_number(env, gpio_write_values(request, (uint64_t)mask, (uint64_t)bits));
}

napi_value gpio_edges_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int request;
  double *numbers;
  struct gpio_edge edges[MOST_EDGES];
  if (!arguments_take(env, info, values, 2) || !take_descriptor(env, values[0], &request) ||
      !arguments_doubles(env, values[1], "edges", (size_t)MOST_EDGES * EDGE_NUMBERS, &numbers)) {
    return NULL;
  }
  int count = gpio_read_edges(request, edges, MOST_EDGES);
  for (int at = 0; at < count; at++) {
    double *edge = &numbers[at * EDGE_NUMBERS];
    edge[0] = edges[at].offset;
    edge[1] = edges[at].active;
    edge[2] = (double)edges[at].at_ns / 1e6;
    edge[3] = edges[at].sequence;
  }
  return answer_number(env, count);
}

// See mapping-functions.h.

#include "binding/mapping-functions.h"

#include "binding/arguments.h"
#include "binding/engine-handle.h"
#include "binding/error-code.h"

static const int64_t component_range[2] = {COMPONENT_RTP, COMPONENT_RTCP};
static const int64_t port_range[2] = {1, 65535};

/** What a session asks, or keeps, at whom. */
struct inquiry {
  struct engine *engine;
  uint32_t session;
  enum component component;
  char address[ARGUMENT_TEXT_BYTES];
  struct engine_stun_server server;
};

static bool read_inquiry(napi_env env, napi_callback_info info, struct inquiry *inquiry) {
  napi_value values[5];
  int64_t component;
  int64_t port;
  if (!arguments_take(env, info, values, 5)) return false;
  inquiry->engine = engine_handle_get_session(env, values, &inquiry->session);
  if (!inquiry->engine || !arguments_integer(env, values[2], "component", component_range, &component) ||
      !arguments_text(env, values[3], "address", inquiry->address) ||
      !arguments_integer(env, values[4], "port", port_range, &port)) {
    return false;
  }
  inquiry->component = (enum component)component;
  inquiry->server = (struct engine_stun_server){.address = inquiry->address, .port = (uint16_t)port};
  return true;
}

napi_value session_ask_mapping_function(napi_env env, napi_callback_info info) {
  struct inquiry inquiry;
  size_t request;
  if (!read_inquiry(env, info, &inquiry)) return NULL;
  dp_error error =
      engine_ask_mapping(inquiry.engine, inquiry.session, inquiry.component, &inquiry.server, &request);
  error_throw_engine(env, error, "asking a STUN server");
  return error == DP_OK ? answer_number(env, (double)request) : NULL;
}

napi_value session_take_mapping_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t session;
  struct engine_mapping mapping;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (!engine) return NULL;
  dp_error error = engine_take_mapping(engine, session, &mapping);
  if (error == DP_EMPTY) return NULL;
  error_throw_engine(env, error, "hearing a STUN server");
  if (error != DP_OK) return NULL;
  const napi_value told[] = {answer_number(env, (double)mapping.request), answer_text(env, mapping.address),
                             answer_number(env, mapping.port)};
  return answer_list(env, told, sizeof told / sizeof told[0]);
}

napi_value session_keep_mapping_function(napi_env env, napi_callback_info info) {
  struct inquiry inquiry;
  if (!read_inquiry(env, info, &inquiry)) return NULL;
  dp_error error = engine_keep_mapping(inquiry.engine, inquiry.session, inquiry.component, &inquiry.server);
  error_throw_engine(env, error, "keeping a mapping");
  return NULL;
}

napi_value session_end_mapping_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t session;
  if (!arguments_take(env, info, values, 2)) return NULL;
  struct engine *engine = engine_handle_get_session(env, values, &session);
  if (engine) error_throw_engine(env, engine_end_mapping(engine, session), "ending a mapping");
  return NULL;
}

// See notify-function.h.

#include "binding/notify-function.h"

#include "binding/arguments.h"
#include "system/notify.h"

napi_value notify_send_function(napi_env env, napi_callback_info info) {
  napi_value values[2];
  char place[ARGUMENT_TEXT_BYTES];
  char text[ARGUMENT_TEXT_BYTES];
  if (!arguments_take(env, info, values, 2) || !arguments_text(env, values[0], "place", place) ||
      !arguments_text(env, values[1], "text", text)) {
    return NULL;
  }
  return answer_number(env, notify_send(place, text));
}

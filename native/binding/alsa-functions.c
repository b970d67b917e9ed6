// See alsa-functions.h. Without libasound there are no cards.

#include "binding/alsa-functions.h"

#include <errno.h>
#include <string.h>

#include "alsa/alsa-cards.h"
#include "binding/arguments.h"
#include "binding/error-code.h"

static napi_value describe(napi_env env, const struct alsa_card *card) {
  const napi_value texts[] = {answer_text(env, card->id), answer_text(env, card->name)};
  return answer_list(env, texts, sizeof texts / sizeof texts[0]);
}

napi_value alsa_cards_function(napi_env env, napi_callback_info info) {
  struct alsa_card cards[ALSA_CARDS];
  napi_value described[ALSA_CARDS];
  size_t count = 0;
  struct alsa_control control;
  (void)info;
  if (alsa_control_open(&control) == DP_OK) {
    count = alsa_list_cards(&control, cards);
    alsa_control_close(&control);
  }
  for (size_t at = 0; at < count; at++) described[at] = describe(env, &cards[at]);
  return answer_list(env, described, count);
}

napi_value alsa_resolve_function(napi_env env, napi_callback_info info) {
  napi_value value;
  char name[ARGUMENT_TEXT_BYTES];
  char resolved[ALSA_RESOLVED_BYTES];
  struct alsa_control control;
  if (!arguments_take(env, info, &value, 1) || !arguments_text(env, value, "name", name)) return NULL;
  if (alsa_control_open(&control) != DP_OK) return NULL;
  int error = alsa_resolve(&control, name, resolved);
  alsa_control_close(&control);
  if (error == -ENOMEM) error_throw(env, ERROR_ENGINE_FAILED, "looking for a sound card: %s", strerror(ENOMEM));
  return error == 0 ? answer_text(env, resolved) : NULL;
}

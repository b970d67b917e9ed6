// See alsa-functions.h. Without libasound there are no cards.

#include "binding/alsa-functions.h"

#include <stdlib.h>

#include "alsa/alsa-cards.h"
#include "binding/arguments.h"

static bool add_text(napi_env env, napi_value list, uint32_t at, const char *text) {
  napi_value made;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &made) == napi_ok &&
         napi_set_element(env, list, at, made) == napi_ok;
}

static napi_value describe(napi_env env, const struct alsa_card *card) {
  napi_value list;
  if (napi_create_array(env, &list) != napi_ok || !add_text(env, list, 0, card->id) ||
      !add_text(env, list, 1, card->name)) {
    return NULL;
  }
  return list;
}

napi_value alsa_cards_function(napi_env env, napi_callback_info info) {
  napi_value list;
  struct alsa_control control;
  (void)info;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  struct alsa_card *cards = calloc(ALSA_CARDS, sizeof *cards);
  if (!cards || alsa_control_open(&control) != DP_OK) {
    free(cards);
    return list;
  }
  size_t count = alsa_list_cards(&control, cards);
  alsa_control_close(&control);
  for (uint32_t at = 0; at < count; at++) {
    napi_value card = describe(env, &cards[at]);
    if (card) (void)napi_set_element(env, list, at, card);
  }
  free(cards);
  return list;
}

napi_value alsa_resolve_function(napi_env env, napi_callback_info info) {
  napi_value value;
  napi_value answer = NULL;
  char name[ARGUMENT_TEXT_BYTES];
  char resolved[ALSA_RESOLVED_BYTES];
  struct alsa_control control;
  if (!arguments_take(env, info, &value, 1) || !arguments_text(env, value, "name", name)) return NULL;
  if (alsa_control_open(&control) != DP_OK) return NULL;
  int error = alsa_resolve(&control, name, resolved);
  alsa_control_close(&control);
  if (error == 0) (void)napi_create_string_utf8(env, resolved, NAPI_AUTO_LENGTH, &answer);
  return answer;
}

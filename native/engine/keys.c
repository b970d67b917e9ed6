// See keys.h.

#include "engine/keys.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secure.h"

dp_error keys_make_sender(enum srtp_suite suite, const uint8_t *master, struct srtp_sender **sender) {
  struct srtp_sender *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  struct srtp_policy policy;
  dp_error error = srtp_policy_init(&policy, suite, master);
  if (error == DP_OK) error = srtp_sender_init(made, &policy);
  secure_wipe(&policy, sizeof policy);
  if (error == DP_OK) *sender = made;
  if (error != DP_OK) free(made);
  return error;
}

struct keys_received keys_of_one(enum srtp_suite suite, const uint8_t *master) {
  struct keys_received keys = {.suite = suite, .count = 1};
  memcpy(keys.masters[0], master, srtp_suite_master_bytes(suite));
  return keys;
}

bool keys_overlap(const struct keys_received *one, const struct keys_received *other) {
  if (one->suite != other->suite || one->mki_bytes != other->mki_bytes) return false;
  for (size_t at = 0; at < one->count * other->count; at++) {
    size_t left = at / other->count;
    size_t right = at % other->count;
    if (memcmp(one->mkis[left], other->mkis[right], sizeof one->mkis[left]) == 0 &&
        secure_equal(one->masters[left], other->masters[right], sizeof one->masters[left])) {
      return true;
    }
  }
  return false;
}

static dp_error add_key(struct srtp_receiver *receiver, const struct keys_received *keys, size_t at) {
  struct srtp_policy policy;
  dp_error error = srtp_policy_init(&policy, keys->suite, keys->masters[at]);
  policy.mki = (struct byte_view){keys->mkis[at], keys->mki_bytes};
  policy.lifetime = keys->lifetimes[at];
  if (error == DP_OK) error = at == 0 ? srtp_receiver_init(receiver, &policy) : srtp_receiver_add_key(receiver, &policy);
  secure_wipe(&policy, sizeof policy);
  return error;
}

dp_error keys_make_receiver(const struct keys_received *keys, struct srtp_receiver **receiver) {
  struct srtp_receiver *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  dp_error error = DP_OK;
  for (size_t at = 0; at < keys->count && error == DP_OK; at++) error = add_key(made, keys, at);
  if (error == DP_OK) *receiver = made;
  else keys_free(NULL, made);
  return error;
}

void keys_free(struct srtp_sender *sender, struct srtp_receiver *receiver) {
  if (sender) srtp_sender_close(sender);
  if (receiver) srtp_receiver_close(receiver);
  free(sender);
  free(receiver);
}

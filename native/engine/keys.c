// See keys.h.

#include "engine/keys.h"

#include <stdlib.h>

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

dp_error keys_make_receiver(enum srtp_suite suite, const uint8_t *master, struct srtp_receiver **receiver) {
  struct srtp_receiver *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  struct srtp_policy policy;
  dp_error error = srtp_policy_init(&policy, suite, master);
  if (error == DP_OK) error = srtp_receiver_init(made, &policy);
  secure_wipe(&policy, sizeof policy);
  if (error == DP_OK) *receiver = made;
  if (error != DP_OK) free(made);
  return error;
}

void keys_free(struct srtp_sender *sender, struct srtp_receiver *receiver) {
  if (sender) srtp_sender_close(sender);
  if (receiver) srtp_receiver_close(receiver);
  free(sender);
  free(receiver);
}

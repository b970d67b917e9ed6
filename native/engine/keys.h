// SRTP contexts on the heap: made and freed by the control thread (SDES) and by the courier (DTLS), lent to the media
// thread in between. Not on the media thread: OpenSSL allocates.

#ifndef DOORPHONE_ENGINE_KEYS_H
#define DOORPHONE_ENGINE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "srtp/srtp.h"

/** What a direction is understood by: one key, or several, of which each packet names one (RFC 3711 §3.1). */
struct keys_received {
  enum srtp_suite suite;
  size_t count;     /**< 0: plain. */
  size_t mki_bytes; /**< 0: packets name none, and there is one. */
  uint8_t masters[SRTP_MAX_KEYS][SRTP_MAX_MASTER_BYTES];
  uint8_t mkis[SRTP_MAX_KEYS][SRTP_MAX_MKI_BYTES];
  uint64_t lifetimes[SRTP_MAX_KEYS]; /**< In packets (RFC 4568 §6.1); 0: as many as the suite allows. */
};

/** @param master key, then salt, srtp_suite_master_bytes long @return DP_OK, DP_INVALID_ARGUMENT, DP_SYSTEM, DP_CRYPTO */
dp_error keys_make_sender(enum srtp_suite suite, const uint8_t *master, struct srtp_sender **sender);

/** One key that no packet names. @param master as above */
struct keys_received keys_of_one(enum srtp_suite suite, const uint8_t *master);

/** Whether both have a key in common: then one goes on where the other was (srtp_receiver_continue). */
bool keys_overlap(const struct keys_received *one, const struct keys_received *other);

/** Of one key at least. @return as keys_make_sender */
dp_error keys_make_receiver(const struct keys_received *keys, struct srtp_receiver **receiver);

/** Wipes and frees; null is nothing. */
void keys_free(struct srtp_sender *sender, struct srtp_receiver *receiver);

#endif

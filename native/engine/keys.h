// SRTP contexts on the heap: made and freed by the control thread (SDES) and by the courier (DTLS), lent to the media
// thread in between. Not on the media thread: OpenSSL allocates.

#ifndef DOORPHONE_ENGINE_KEYS_H
#define DOORPHONE_ENGINE_KEYS_H

#include <stdint.h>

#include "base/error.h"
#include "srtp/srtp.h"

/** @param master key, then salt, srtp_suite_master_bytes long @return DP_OK, DP_INVALID_ARGUMENT, DP_SYSTEM, DP_CRYPTO */
dp_error keys_make_sender(enum srtp_suite suite, const uint8_t *master, struct srtp_sender **sender);

/** The same for the other direction. */
dp_error keys_make_receiver(enum srtp_suite suite, const uint8_t *master, struct srtp_receiver **receiver);

/** Wipes and frees; null is nothing. */
void keys_free(struct srtp_sender *sender, struct srtp_receiver *receiver);

#endif

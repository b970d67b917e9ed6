// Who we are in DTLS: a key pair and a certificate that we signed ourselves (RFC 5763 §5), made anew for each engine and
// held in memory only; its fingerprint goes into the session description (RFC 8122 §5). With it the settings that every
// endpoint shares: DTLS 1.2 (RFC 8996 §2 forbids 1.0), no renegotiation, no resumption, the profiles of SRTP that we offer.
//
// Not on the media thread: all of it allocates and locks (OpenSSL). Endpoints may use one identity on one other thread
// than the one that made it.

#ifndef DOORPHONE_DTLS_DTLS_IDENTITY_H
#define DOORPHONE_DTLS_DTLS_IDENTITY_H

#include <stdint.h>

#include "base/error.h"

/** SHA-256, which every peer must know (RFC 8122 §5). */
#define DTLS_FINGERPRINT_BYTES 32

struct dtls_identity;

/** Makes a fresh P-256 key and its certificate. @return DP_OK, DP_SYSTEM (memory), DP_CRYPTO */
dp_error dtls_identity_create(struct dtls_identity **identity);

/** After every endpoint of it has been destroyed. Null is nothing. */
void dtls_identity_destroy(struct dtls_identity *identity);

/** DTLS_FINGERPRINT_BYTES of SHA-256 over the certificate; as long as the identity lives. */
const uint8_t *dtls_identity_fingerprint(const struct dtls_identity *identity);

#endif

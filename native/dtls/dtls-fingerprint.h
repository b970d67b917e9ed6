// The fingerprints by which a peer's certificate is known (RFC 8122 §5). Pure; any thread.

#ifndef DOORPHONE_DTLS_DTLS_FINGERPRINT_H
#define DOORPHONE_DTLS_DTLS_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Of a description that has more, the first count. */
#define DTLS_FINGERPRINTS 4
/** The longest, SHA-512. */
#define DTLS_HASH_BYTES 64

/** The hash functions that we trust; those of RFC 8122 that are weaker are not among them. Greater is preferred. */
enum dtls_hash { DTLS_SHA256 = 1, DTLS_SHA384 = 2, DTLS_SHA512 = 3 };

struct dtls_fingerprint {
  enum dtls_hash hash;
  uint8_t bytes[DTLS_HASH_BYTES]; /**< As many as the hash has; the rest is 0. */
};

/** What a description says of its author's certificates. */
struct dtls_fingerprints {
  size_t count; /**< 1 to DTLS_FINGERPRINTS */
  struct dtls_fingerprint list[DTLS_FINGERPRINTS];
};

struct x509_st;

/** How many bytes a hash has; 0: not one of ours. */
size_t dtls_hash_bytes(enum dtls_hash hash);

/**
 * Whether a certificate is one of those that the list announces: by the strongest hash in it, and no other (RFC 8122
 * §5.1). The time taken says nothing of where two fingerprints differ.
 */
bool dtls_fingerprints_match(const struct dtls_fingerprints *announced, const struct x509_st *certificate);

#endif
